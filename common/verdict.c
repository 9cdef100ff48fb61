#include "verdict.h"

static const char *const kinds[] = {
	[KIND_OTHER] = "other",
	[KIND_BOUNCE] = "bounce",
	[KIND_DELAYED] = "delayed",
	[KIND_DELIVERED] = "delivered",
	[KIND_COMPLAINT] = "complaint",
	[KIND_AUTOREPLY] = "autoreply",
};

static const char *const classes[] = { "", "soft", "hard" };

/* One line a category: its word, whether it condemns the address, and what to do when it does not. */
static const struct {
	const char *word;
	bool hard;
	enum advice soft_advice;
	const char *fix;
} categories[] = {
	[CATEGORY_NONE] = { "", false, ADVICE_RETRY, "" },
	[CATEGORY_BAD_MAILBOX] = { "bad-mailbox", true, ADVICE_RETRY, "" },
	[CATEGORY_BAD_DOMAIN] = { "bad-domain", true, ADVICE_RETRY, "" },
	[CATEGORY_INACTIVE] = { "inactive", true, ADVICE_RETRY, "" },
	[CATEGORY_MOVED] = { "moved", true, ADVICE_RETRY, "" },
	[CATEGORY_NOT_ACCEPTING] = { "not-accepting", true, ADVICE_RETRY, "" },
	[CATEGORY_MAILBOX_FULL] = { "mailbox-full", false, ADVICE_RETRY_LATER, "" },
	[CATEGORY_TOO_LARGE] = { "too-large", false, ADVICE_FIX, "size" },
	[CATEGORY_POLICY] = { "policy", false, ADVICE_RETRY, "" },
	[CATEGORY_SPAM_CONTENT] = { "spam-content", false, ADVICE_SUSPEND_TENANT, "content" },
	[CATEGORY_VIRUS] = { "virus", false, ADVICE_SUSPEND_TENANT, "content" },
	[CATEGORY_BLOCKED_SOURCE] = { "blocked-source", false, ADVICE_SUSPEND_LANE, "reputation" },
	[CATEGORY_AUTH_FAILURE] = { "auth-failure", false, ADVICE_FIX, "authentication" },
	[CATEGORY_BAD_SENDER] = { "bad-sender", false, ADVICE_FIX, "sender" },
	[CATEGORY_RATE_LIMITED] = { "rate-limited", false, ADVICE_SLOW_LANE, "" },
	[CATEGORY_GREYLISTED] = { "greylisted", false, ADVICE_RETRY_LATER, "" },
	[CATEGORY_NETWORK] = { "network", false, ADVICE_RETRY, "" },
	[CATEGORY_TLS] = { "tls", false, ADVICE_FIX, "tls" },
	[CATEGORY_RELAY_DENIED] = { "relay-denied", false, ADVICE_RETRY, "" },
	[CATEGORY_PROTOCOL] = { "protocol", false, ADVICE_FIX, "message" },
	[CATEGORY_SYSTEM] = { "system", false, ADVICE_RETRY, "" },
	[CATEGORY_EXPIRED] = { "expired", false, ADVICE_RETRY, "" },
	[CATEGORY_OTHER] = { "other", false, ADVICE_RETRY, "" },
};

static const char *const advices[] = {
	[ADVICE_NONE] = "none",
	[ADVICE_RETRY] = "retry",
	[ADVICE_RETRY_LATER] = "retry-later",
	[ADVICE_SLOW_LANE] = "slow-lane",
	[ADVICE_SUSPEND_LANE] = "suspend-lane",
	[ADVICE_SUSPEND_TENANT] = "suspend-tenant",
	[ADVICE_SUPPRESS] = "suppress",
	[ADVICE_FIX] = "fix",
};

const char category_choices[] = "bad-mailbox bad-domain inactive moved not-accepting mailbox-full "
				"too-large policy spam-content virus "
				"blocked-source auth-failure bad-sender rate-limited greylisted "
				"network tls relay-denied protocol system "
				"expired other";
const char advice_choices[] =
    "retry retry-later slow-lane suspend-lane suspend-tenant suppress fix";

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int
find(const char *const *words, int n, struct span word)
{
	for (int i = 0; i < n; i++)
		if (word.n > 0 && span_is_nocase(word, words[i]))
			return i;
	return -1;
}

const char *
kind_word(enum kind k)
{
	return kinds[k];
}

const char *
class_word(enum verdict_class c)
{
	return classes[c];
}

const char *
category_word(enum category c)
{
	return categories[c].word;
}

const char *
advice_word(enum advice a)
{
	return advices[a];
}

int
kind_of(struct span word)
{
	return find(kinds, COUNT(kinds), word);
}

int
class_of(struct span word)
{
	return find(classes, COUNT(classes), word);
}

int
category_of(struct span word)
{
	for (int i = 0; i < COUNT(categories); i++)
		if (word.n > 0 && span_is_nocase(word, categories[i].word))
			return i;
	return -1;
}

int
advice_of(struct span word)
{
	return find(advices, COUNT(advices), word);
}

bool
category_is_hard(enum category c)
{
	return categories[c].hard;
}

bool
advice_is_retry(enum advice a)
{
	return a == ADVICE_RETRY || a == ADVICE_RETRY_LATER;
}

enum advice
category_advice(enum category c, enum verdict_class class, bool permanent)
{
	enum advice a = categories[c].soft_advice;

	if (class == CLASS_HARD)
		return ADVICE_SUPPRESS;
	return permanent && advice_is_retry(a) ? ADVICE_NONE : a;
}

const char *
category_fix(enum category c)
{
	return categories[c].fix;
}
