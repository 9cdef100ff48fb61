#include "ehlo.h"

static const struct {
	const char *word;
	unsigned ext;
} words[] = {
	{ "PIPELINING", EXT_PIPELINING },
	{ "SIZE", EXT_SIZE },
	{ "8BITMIME", EXT_8BITMIME },
	{ "STARTTLS", EXT_STARTTLS },
	{ "SMTPUTF8", EXT_SMTPUTF8 },
	{ "DSN", EXT_DSN },
	{ "ENHANCEDSTATUSCODES", EXT_ENHANCED },
};

static unsigned
mechanisms(struct span list)
{
	unsigned ext = 0;

	while (list.n > 0) {
		struct span mechanism = span_word(list, &list);

		if (span_is_nocase(mechanism, "PLAIN"))
			ext |= EXT_AUTH_PLAIN;
		else if (span_is_nocase(mechanism, "LOGIN"))
			ext |= EXT_AUTH_LOGIN;
	}
	return ext;
}

static void
line_read(struct ehlo *e, struct span line)
{
	struct span rest, word = span_word(line, &rest);

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_is_nocase(word, words[i].word))
			e->ext |= words[i].ext;
	if (span_is_nocase(word, "SIZE"))
		(void)span_u64(span_trim(rest), UINT64_MAX / 2, &e->size_max);
	if (span_is_nocase(word, "AUTH"))
		e->ext |= mechanisms(rest);
	if (span_starts_nocase(word, "AUTH=")) /* as servers said it before RFC 2554 */
		e->ext |= mechanisms(span_from(word, 5)) | mechanisms(rest);
}

struct ehlo
ehlo_read(struct span text)
{
	struct span rest, ignored;
	struct ehlo e = { 0 };

	e.server = span_word(span_cut(text, '\n', &rest), &ignored);
	while (rest.n > 0)
		line_read(&e, span_cut(rest, '\n', &rest));
	if (!(e.ext & EXT_8BITMIME)) /* RFC 6531 3.1: the one includes the other */
		e.ext &= ~(unsigned)EXT_SMTPUTF8;
	return e;
}
