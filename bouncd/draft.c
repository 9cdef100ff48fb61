#include "draft.h"

#include <ctype.h>

enum { PATTERN_MAX = 70, PATTERN_MIN = 4 };

/* Bytes a pattern may hold as they are, or in brackets. */
static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '\'' ||
	       c == ',' || c == '-';
}

/* What unknown_mask() and said.h put there stands for something else in each mail. */
static size_t
mask_at(struct span s)
{
	static const char *const masks[] = { "<@>", "@", "[ip]", "host.example", "0", NULL };

	for (unsigned i = 0; masks[i] != NULL; i++)
		if (span_starts(s, masks[i]))
			return span_str(masks[i]).n;
	return 0;
}

static struct span
whole_words(struct span run)
{
	if (run.n <= PATTERN_MAX)
		return span_trim(run);
	run = span_first(run, PATTERN_MAX);
	for (size_t i = run.n; i-- > PATTERN_MAX / 2;)
		if (run.p[i] == ' ')
			return span_trim(span_first(run, i));
	return span_trim(run);
}

/* A pattern begins where a word begins. */
static bool
inside_word(struct span run, char before)
{
	return run.n == 0 && (isalnum((unsigned char)before) || before == '_');
}

/* The longest run of bytes that are plain and no mask. */
static struct span
longest_run(struct span text)
{
	struct span best = { NULL, 0 }, run = span_first(text, 0);
	char before = ' ';

	while (text.n > 0) {
		size_t mask = mask_at(text), step = mask > 0 ? mask : 1;
		bool joined = isalpha((unsigned char)text.p[0]) && inside_word(run, before);

		if (mask == 0 && is_plain(text.p[0]) && !joined)
			run.n++;
		else
			run = span_first(span_from(text, step), 0);
		if (span_trim(run).n > best.n)
			best = span_trim(run);
		before = text.p[step - 1];
		text = span_from(text, step);
	}
	return whole_words(best);
}

/* The reply as a server may have said it. Quotes and backslashes would end the word or escape. */
static void
put_example(struct buf *out, struct span text)
{
	while (text.n > 0) {
		size_t n = 1;

		if (span_starts(text, "<@>"))
			buf_str(out, "<ann@example.com>"), n = 3;
		else if (span_starts(text, "[ip]"))
			buf_str(out, "192.0.2.1"), n = 4;
		else if (text.p[0] == '"' || text.p[0] == '\\')
			buf_byte(out, '\'');
		else
			buf_byte(out,
			    (unsigned char)text.p[0] < 32 || text.p[0] == 127 ? ' ' : text.p[0]);
		text = span_from(text, n);
	}
}

static void
put_conditions(const struct unknown_entry *e, struct span pattern, struct buf *out)
{
	if (pattern.n >= PATTERN_MIN)
		buf_printf(out, "\tmatch \"%.*s\"\n", SPAN(pattern));
	if (e->status.class != 0)
		buf_printf(out, "\tstatus %u.%u.%u\n", e->status.class, e->status.subject,
		    e->status.detail);
	if (e->code != 0)
		buf_printf(out, "\tcode %d\n", e->code);
	else if (pattern.n < PATTERN_MIN && e->status.class == 0)
		buf_str(out, "\tmatch \".\"\n");
}

void
draft_rule(const struct unknown_entry *e, struct buf *out)
{
	struct span text = span_of(e->text, e->text_n), pattern = longest_run(text);
	enum category category = e->category == CATEGORY_NONE ? CATEGORY_OTHER : e->category;

	buf_printf(out, "rule unknown-%08x {\n", (unsigned)(e->key >> 32));
	put_conditions(e, pattern, out);
	buf_printf(out, "\tcategory %s\n\texample \"", category_word(category));
	if (e->code != 0)
		buf_printf(out, "%d ", e->code);
	if (e->status.class != 0)
		buf_printf(out, "%u.%u.%u ", e->status.class, e->status.subject, e->status.detail);
	put_example(out, text);
	buf_str(out, "\"\n}\n");
}
