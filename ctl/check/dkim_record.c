#include "dkim_record.h"
#include "tags.h"

#include <string.h>

const char *
dkim_record_words(enum dkim_record r)
{
	static const char *const words[] = { "it is the key that signs",
		"it is no DKIM record that can be read", "it is revoked: p= is empty",
		"it holds another key than the one that signs",
		"its h= or s= keeps it from sha256 signatures of mail",
		"t=y says that the key is only being tested" };

	return words[r];
}

/* White space may stand within base64. */
static bool
same_key(struct span a, struct span b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && memchr(" \t\r\n", a.p[i], 4) != NULL)
			i++;
		while (j < b.n && memchr(" \t\r\n", b.p[j], 4) != NULL)
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (a.p[i++] != b.p[j++])
			return false;
	}
}

/* A list with colons has the word, or "*". */
static bool
has_word(struct span list, const char *word)
{
	while (list.n > 0) {
		struct span s = span_trim(span_cut(list, ':', &list));

		if (span_is(s, word) || span_is(s, "*"))
			return true;
	}
	return false;
}

static bool
is_readable(struct span record)
{
	struct span rest = record, name, value, v;
	int r = tags_next(&rest, &name, &value), has_version = tags_find(record, "v", &v);

	if (r != 1 || has_version == -1)
		return false;
	return has_version == 0 || (span_is(name, "v") && span_is(v, "DKIM1"));
}

enum dkim_record
dkim_record_compare(struct span published, struct span wanted)
{
	struct span key, ours, kind, our_kind, v;
	int n;

	if (!is_readable(published) || tags_find(published, "p", &key) != 1)
		return DKIM_RECORD_BAD;
	if (key.n == 0)
		return DKIM_RECORD_REVOKED;
	if (tags_find(published, "k", &kind) == 0)
		kind = SPAN_LIT("rsa");
	(void)tags_find(wanted, "k", &our_kind);
	(void)tags_find(wanted, "p", &ours);
	if (!span_eq(kind, our_kind) || !same_key(key, ours))
		return DKIM_RECORD_OTHER;
	if ((n = tags_find(published, "h", &v)) == -1 || (n == 1 && !has_word(v, "sha256")) ||
	    (n = tags_find(published, "s", &v)) == -1 || (n == 1 && !has_word(v, "email")))
		return DKIM_RECORD_LIMITED;
	if (tags_find(published, "t", &v) == 1 && has_word(v, "y"))
		return DKIM_RECORD_TESTING;
	return DKIM_RECORD_GOOD;
}
