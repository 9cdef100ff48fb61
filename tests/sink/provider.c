#include "provider.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>

enum { SEEN_SLOTS = 1 << 16, LINE_MAX_BYTES = 4096 };

enum kind { WORD, NUMBER, YES, NO, TLS };

static const struct {
	const char *key;
	enum kind kind;
	size_t at;
} settings[] = {
	{ "tls", TLS, offsetof(struct provider, tls) },
	{ "pipelining", NO, offsetof(struct provider, no_pipelining) },
	{ "8bitmime", NO, offsetof(struct provider, no_8bitmime) },
	{ "dsn", YES, offsetof(struct provider, dsn) },
	{ "smtputf8", YES, offsetof(struct provider, smtputf8) },
	{ "greylist", YES, offsetof(struct provider, greylist) },
	{ "drop-dot", YES, offsetof(struct provider, drop_dot) },
	{ "greeting", WORD, offsetof(struct provider, greeting) },
	{ "mail", WORD, offsetof(struct provider, mail) },
	{ "rcpt", WORD, offsetof(struct provider, rcpt) },
	{ "data", WORD, offsetof(struct provider, data) },
	{ "dot", WORD, offsetof(struct provider, dot) },
	{ "unknown", WORD, offsetof(struct provider, unknown) },
	{ "full", WORD, offsetof(struct provider, full) },
	{ "throttle-reply", WORD, offsetof(struct provider, throttle_reply) },
	{ "size", NUMBER, offsetof(struct provider, size_bytes) },
	{ "throttle-every", NUMBER, offsetof(struct provider, throttle_every) },
	{ "throttle-after", NUMBER, offsetof(struct provider, throttle_after) },
	{ "throttle-rate", NUMBER, offsetof(struct provider, throttle_rate) },
	{ "connections", NUMBER, offsetof(struct provider, connections) },
	{ "slow", NUMBER, offsetof(struct provider, slow_ms) },
	{ "drop-bytes", NUMBER, offsetof(struct provider, drop_bytes) },
};

static int
read_yes_no(struct span value, bool yes, bool *out)
{
	if (!span_is(value, "yes") && !span_is(value, "no"))
		return -1;
	*out = span_is(value, "yes") == yes;
	return 0;
}

static int
read_tls(struct span value, enum provider_tls *out)
{
	static const char *const words[] = { "no", "offer", "require", "implicit" };

	for (int i = 0; i < 4; i++)
		if (span_is(value, words[i])) {
			*out = (enum provider_tls)i;
			return 0;
		}
	return -1;
}

static int
read_value(void *out, enum kind kind, struct span value, struct arena *arena)
{
	switch (kind) {
	case WORD:
		*(const char **)out = arena_cstr(arena, value);
		return 0;
	case NUMBER:
		return span_u64(value, UINT32_MAX, out);
	case YES:
	case NO:
		return read_yes_no(value, kind == YES, out);
	case TLS:
		return read_tls(value, out);
	}
	return -1;
}

static int
read_setting(
    struct provider *p, struct span key, struct span value, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!span_is(key, settings[i].key))
			continue;
		if (read_value((char *)p + settings[i].at, settings[i].kind, value, arena) == 0)
			return 0;
		return err_set(
		    err, "%s: \"%.*s\" is no value for %s", p->name, SPAN(value), settings[i].key);
	}
	return err_set(err, "%s: unknown setting \"%.*s\"", p->name, SPAN(key));
}

/* KEY=VALUE or KEY="VALUE WITH SPACES". */
static struct span
cut_value(struct span text, struct span *rest)
{
	if (span_starts(text, "\""))
		return span_cut(span_from(text, 1), '"', rest);
	return span_word(text, rest);
}

int
provider_read(struct provider *p, struct span line, struct arena *arena, struct err *err)
{
	struct span rest = span_trim(line), key;

	*p = (struct provider){ .unknown = "nobody*",
		.full = "full*",
		.throttle_reply = "421 4.7.28 too much mail from you",
		.size_bytes = 26214400 };
	p->name = arena_cstr(arena, span_word(rest, &rest));
	p->address = arena_cstr(arena, span_word(rest, &rest));
	if (*p->address == '\0')
		return err_set(err, "\"%.*s\" is not NAME ADDRESS:PORT", SPAN(line));
	for (rest = span_trim(rest); rest.n > 0; rest = span_trim(rest)) {
		key = span_cut(rest, '=', &rest);
		if (read_setting(p, key, cut_value(rest, &rest), arena, err) == -1)
			return -1;
	}
	p->seen = calloc(SEEN_SLOTS, sizeof(*p->seen));
	if (p->seen == NULL)
		fatal("out of memory");
	return 0;
}

static bool
over_rate(struct provider *p, uint64_t now_s)
{
	if (p->second != now_s) {
		p->second = now_s;
		p->in_second = 0;
	}
	return p->throttle_rate > 0 && ++p->in_second > p->throttle_rate;
}

const char *
provider_at_mail(struct provider *p, uint64_t of_connection, uint64_t now_s)
{
	p->messages++;
	if (p->mail != NULL)
		return p->mail;
	if (p->throttle_every > 0 && p->messages % p->throttle_every == 0)
		return p->throttle_reply;
	if (p->throttle_after > 0 && of_connection >= p->throttle_after)
		return p->throttle_reply;
	return over_rate(p, now_s) ? p->throttle_reply : NULL;
}

/* Whether this address comes for the first time, as far as is remembered. */
static bool
first_time(struct provider *p, struct span address)
{
	uint64_t hash = span_hash_nocase(address) | 1;
	uint64_t *slot = &p->seen[(hash >> 1) % SEEN_SLOTS];
	bool first = *slot != hash;

	*slot = hash;
	return first;
}

const char *
provider_wish(struct span address, const char *prefix, struct arena *arena)
{
	struct span local = span_first(address, (size_t)span_find_last(address, '@'));
	char *reply;

	if (span_find_last(address, '@') < 0 || !span_starts_nocase(local, prefix))
		return NULL;
	reply = arena_cstr(arena, span_from(local, span_str(prefix).n));
	for (char *c = reply; *c != '\0'; c++)
		if (*c == '+')
			*c = ' ';
	return reply;
}

static bool
matches(const char *glob, struct span address, struct arena *arena)
{
	struct span domain, local = span_cut(address, '@', &domain);

	return fnmatch(glob, arena_cstr(arena, local), FNM_CASEFOLD) == 0;
}

const char *
provider_at_rcpt(struct provider *p, struct span address, struct arena *arena)
{
	const char *wish = provider_wish(address, "say-", arena);

	if (wish == NULL && (wish = provider_wish(address, "once-", arena)) != NULL)
		wish = first_time(p, address) ? wish : NULL;
	if (wish != NULL)
		return wish;
	if (p->rcpt != NULL)
		return p->rcpt;
	if (matches(p->unknown, address, arena))
		return "550 5.1.1 no such user here";
	if (matches(p->full, address, arena))
		return "552 5.2.2 mailbox full";
	if (p->greylist && first_time(p, address))
		return "451 4.7.1 greylisted, try again later";
	return NULL;
}
