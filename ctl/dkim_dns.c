#include "dkim_dns.h"
#include "buf.h"

#include "check/dkim_record.h"

enum { RECORD_BYTES = 4096 };

const char *
dkim_published_word(enum dkim_published p)
{
	static const char *const words[] = { "yes", "no", "another key", "unusable", "no answer" };

	return words[p];
}

static enum dkim_published
compared(const struct dkim_key *key, struct span there)
{
	enum dkim_published found = DKIM_UNUSABLE;
	struct buf wanted;
	struct err err;

	buf_init(&wanted, RECORD_BYTES);
	if (dkim_key_record(key, &wanted, &err) == 0)
		switch (dkim_record_compare(there, buf_all(&wanted))) {
		case DKIM_RECORD_GOOD:
		case DKIM_RECORD_TESTING:
			found = DKIM_PUBLISHED;
			break;
		case DKIM_RECORD_OTHER:
			found = DKIM_OTHER;
			break;
		case DKIM_RECORD_BAD:
		case DKIM_RECORD_REVOKED:
		case DKIM_RECORD_LIMITED:
			break;
		}
	buf_free(&wanted);
	return found;
}

enum dkim_published
dkim_dns_look(struct lookup *lookup, const struct dkim_file *f, const struct dkim_key *key,
    struct arena *arena)
{
	struct answer a;

	if (lookup == NULL)
		return DKIM_NO_ANSWER;
	lookup_ask(lookup,
	    span_str(arena_printf(arena, "%s._domainkey.%s", f->selector, f->domain)), ANSWER_TXT,
	    arena, &a);
	if (a.status == ANSWER_FAILED)
		return DKIM_NO_ANSWER;
	if (a.n == 0)
		return DKIM_MISSING;
	return a.n > 1 ? DKIM_UNUSABLE : compared(key, a.at[0].data); /* RFC 6376 3.6.2.2 */
}
