#include "conf_error.h"

#include <string.h>

enum { TEXT_BYTES = 128 * 1024, EXCERPT_BYTES = 120, LEAD_BYTES = 60, WORD_BYTES = 64 };

void
conf_errors_init(struct conf_errors *e)
{
	*e = (struct conf_errors){ 0 };
	buf_init(&e->text, TEXT_BYTES);
}

void
conf_errors_free(struct conf_errors *e)
{
	buf_free(&e->text);
}

static bool
control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

static void
add_clean(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, control(s.p[i]) ? '?' : s.p[i]);
}

/* Continuation bytes of UTF-8 take no room of their own. */
static bool
has_width(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static void
caret(struct buf *out, struct span line, size_t column, uint32_t width)
{
	for (size_t i = 0; i + 1 < column; i++)
		if (i >= line.n || has_width(line.p[i]))
			buf_byte(out, i < line.n && line.p[i] == '\t' ? '\t' : ' ');
	buf_byte(out, '^');
	for (size_t i = column; i + 1 < column + width && i < line.n; i++)
		if (has_width(line.p[i]))
			buf_byte(out, '~');
}

/* The line with a caret under the spot; of a long line the piece around it. */
static void
excerpt(struct buf *out, const struct conf_spot *spot)
{
	size_t column = spot->place.column, skip = 0;
	struct span line = spot->line;

	if (column > LEAD_BYTES && line.n > EXCERPT_BYTES)
		skip = column - LEAD_BYTES;
	while (skip > 0 && skip < line.n && !has_width(line.p[skip]))
		skip--;
	line = span_first(span_from(line, skip), EXCERPT_BYTES);
	while (line.n < spot->line.n - skip && line.n > 0 && !has_width(line.p[line.n]))
		line.n--;
	buf_printf(out, "%5u | ", spot->place.line);
	add_clean(out, line);
	buf_str(out, "\n      | ");
	caret(out, line, column - skip, spot->width);
}

static void
where(struct buf *out, const struct conf_place *p)
{
	add_clean(out, span_str(p->file));
	if (p->line != 0)
		buf_printf(out, ":%u:%u", p->line, p->column);
}

void
conf_errors_add(
    struct conf_errors *e, const struct conf_spot *spot, const struct conf_problem *problem)
{
	struct buf *out = &e->text;
	bool with_line = spot->place.line != 0 && spot->line.n > 0;

	e->n++;
	if (e->n == CONF_ERRORS_SHOWN + 1)
		buf_printf(
		    out, "more errors than these %d: correct them first\n", CONF_ERRORS_SHOWN);
	if (e->n > CONF_ERRORS_SHOWN)
		return;
	where(out, &spot->place);
	buf_str(out, ": error: ");
	add_clean(out, span_str(problem->what.text));
	if (with_line) {
		buf_byte(out, '\n');
		excerpt(out, spot);
	}
	if (problem->remedy.text[0] != '\0') {
		buf_str(out, with_line ? " " : "; ");
		add_clean(out, span_str(problem->remedy.text));
	}
	buf_byte(out, '\n');
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau's distance, the last two rows kept. */
unsigned
conf_distance(struct span a, struct span b)
{
	unsigned rows[3][WORD_BYTES + 1];

	if (a.n > WORD_BYTES || b.n > WORD_BYTES)
		return UINT32_MAX;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			now[j] = up[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			now[j] = least(now[j], least(up[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], upper[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

void
conf_guess_try(struct conf_guess *g, const char *name)
{
	unsigned far = conf_distance(g->given, span_str(name));
	unsigned most = g->given.n < 4 ? 1 : least(3, (unsigned)(g->given.n + 2) / 3);

	if (far > most || (g->best != NULL && far >= g->distance))
		return;
	g->best = name;
	g->distance = far;
}
