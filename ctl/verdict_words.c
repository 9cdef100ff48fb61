#include "verdict_words.h"

#include <stdio.h>
#include <string.h>

struct said_as {
	const char *word, *sentence;
};

static const struct said_as classes[] = {
	{ "hard", "a hard bounce: this address will not take mail" },
	{ "soft", "a soft bounce: later, from elsewhere or otherwise it may work" },
	{ NULL, NULL },
};

static const struct said_as categories[] = {
	{ "bad-mailbox", "there is no such user" },
	{ "bad-domain", "there is no such domain, or no way to it" },
	{ "inactive", "the mailbox is disabled or unused" },
	{ "moved", "the recipient has moved" },
	{ "not-accepting", "the domain takes no mail at all" },
	{ "mailbox-full", "the mailbox is full" },
	{ "too-large", "the message is too large" },
	{ "policy", "a rule of the receiver forbids it, with no better word given" },
	{ "spam-content", "the message was judged spam" },
	{ "virus", "malware was found in the message" },
	{ "blocked-source", "the sending address or network is blocked, or its reputation is bad" },
	{ "auth-failure", "SPF, DKIM, DMARC or a required login failed" },
	{ "bad-sender", "the sender's address is refused" },
	{ "rate-limited", "too much at once" },
	{ "greylisted", "greylisted: come back in a moment" },
	{ "network", "no connection, trouble with names, or a loop" },
	{ "tls", "encryption was required, failed, or was not offered" },
	{ "relay-denied", "that server does not relay for this recipient" },
	{ "protocol", "syntax, a malformed message, or a missing extension" },
	{ "system", "the receiving system is in trouble" },
	{ "expired", "it was tried for too long" },
	{ "other", "something else" },
	{ NULL, NULL },
};

static const struct said_as advices[] = {
	{ "none", "nothing" },
	{ "retry", "try again by the usual schedule" },
	{ "slow-lane", "slow the lane: send less at once from this source to that site" },
	{ "suspend-lane", "suspend the lane: this source is blocked at that site" },
	{ "suspend-tenant", "suspend the tenant in the lane: its content is refused" },
	{ "suppress", "suppress the address" },
	{ NULL, NULL },
};

static const struct said_as fixes[] = {
	{ "authentication", "authentication: SPF, DKIM and DMARC of the sending domain" },
	{ "rdns", "the reverse name (PTR) of the sending address, which must resolve back to it" },
	{ "reputation",
	    "the sending address's reputation: have it taken off the lists, and warm it up" },
	{ "content", "the message's content: links, attachments, wording" },
	{ "list-unsubscribe", "the List-Unsubscribe and List-Unsubscribe-Post headers" },
	{ "size", "the size of the message" },
	{ "sender", "the sender's address: it must exist, and its domain must resolve" },
	{ "tls", "TLS towards that site" },
	{ "message", "the message's form: its headers, encoding and line ends" },
	{ "helo", "the name we say in HELO: it must be a host name that resolves" },
	{ NULL, NULL },
};

static const char *
find(const struct said_as *list, const char *word)
{
	for (; list->word != NULL; list++)
		if (strcmp(list->word, word) == 0)
			return list->sentence;
	return word;
}

const char *
class_sentence(const char *word)
{
	return find(classes, word);
}

const char *
category_sentence(const char *word)
{
	return find(categories, word);
}

const char *
advice_sentence(const char *word, uint64_t retry_s, const char *fix, struct arena *a)
{
	unsigned long long minutes = (unsigned long long)(retry_s + 59) / 60;

	if (strcmp(word, "fix") == 0)
		return arena_printf(a, "fix yours: %s", find(fixes, fix));
	if (strcmp(word, "retry-later") == 0)
		return minutes < 120
			   ? arena_printf(a, "try again, not before %llu min", minutes)
			   : arena_printf(a, "try again, not before %llu h", minutes / 60);
	return find(advices, word);
}
