#include "conf_amount.h"
#include "conf_tree.h"

#include <string.h>

enum { TABLE_DEPTH = 4 };

/* Running text: no byte of it is taken for a macro or an escape. */
static void
text(struct buf *out, struct span s)
{
	if (s.n > 0 && (s.p[0] == '.' || s.p[0] == '\''))
		buf_str(out, "\\&");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			buf_str(out, "\\e");
		else if (s.p[i] == '"')
			buf_str(out, "\\(dq");
		else
			buf_byte(out, s.p[i]);
	}
}

/* Help is written as sentences; mdoc wants each on a line of its own. */
static void
sentences(struct buf *out, const char *help)
{
	struct span s = span_str(help);
	ptrdiff_t stop;

	while ((stop = span_find_str(s, ". ")) >= 0) {
		text(out, span_first(s, (size_t)stop + 1));
		buf_byte(out, '\n');
		s = span_from(s, (size_t)stop + 2);
	}
	text(out, s);
	buf_byte(out, '\n');
}

static void
literal(struct buf *out, const char *word, const char *behind)
{
	bool quote = span_find(span_str(word), ' ') >= 0;

	buf_str(out, quote ? ".Ql \"" : ".Ql ");
	text(out, span_str(word));
	buf_printf(out, "%s%s\n", quote ? "\"" : "", behind);
}

static void
choices(struct buf *out, const char *words)
{
	struct span rest = span_str(words), word = span_word(rest, &rest);

	buf_str(out, "One of\n");
	while (word.n > 0) {
		struct span after = span_word(rest, &rest);

		buf_str(out, ".Cm ");
		text(out, word);
		buf_str(out, after.n > 0 ? " ,\n" : " .\n");
		word = after;
	}
}

static void
setting(struct buf *out, const struct conf_setting *s)
{
	struct buf range;

	buf_printf(
	    out, ".It Ic %s Ar %s%s\n", s->name, conf_type_word(s->type), s->list ? " ..." : "");
	sentences(out, s->help);
	if (s->type == CONF_CHOICE)
		choices(out, s->choices);
	buf_init(&range, 128);
	conf_print_range(&range, s);
	if (range.n > 0)
		buf_printf(out, "Range: %.*s%s.\n", SPAN(buf_all(&range)),
		    s->type == CONF_SIZE ? " bytes" : "");
	buf_free(&range);
	if (s->def != NULL && s->def[0] != '\0') {
		buf_str(out, "Default:\n");
		literal(out, s->def, " .");
	}
	if (s->required)
		buf_str(out, "Required.\n");
	if (s->list)
		buf_str(out, "May stand several times.\n");
	buf_str(out, s->restart ? "A change needs a restart.\n" : "A reload takes a change.\n");
}

static void
table(struct buf *out, const struct conf_table *t, const char *within, unsigned depth)
{
	if (t->name != NULL) {
		buf_printf(out, ".Ss Block %s%s%s\n", t->name, within == NULL ? "" : " in ",
		    within == NULL ? "" : within);
		buf_printf(out, ".Ic %s%s Brq ...\n", t->name, t->named ? " Ar name" : "");
		buf_str(out, ".Pp\n");
		sentences(out, t->help);
		if (t->single)
			buf_str(out, "There is at most one.\n");
	}
	if (conf_table_size(t) > 0) {
		buf_str(out, ".Bl -tag -width Ds\n");
		for (size_t i = 0; i < conf_table_size(t); i++)
			setting(out, &t->settings[i]);
		buf_str(out, ".El\n");
	}
	for (size_t i = 0; t->blocks != NULL && t->blocks[i] != NULL && depth > 0; i++)
		table(out, t->blocks[i], t->name, depth - 1);
}

void
conf_describe(const struct conf_table *t, struct buf *out)
{
	table(out, t, NULL, TABLE_DEPTH);
}
