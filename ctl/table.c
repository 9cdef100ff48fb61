#include "table.h"
#include "arena.h"
#include "err.h"
#include "utf8.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct table {
	const struct table_column *columns;
	unsigned columns_n, filled; /* cells of the row under way */
	size_t width[TABLE_COLUMNS_MAX];
	bool used[TABLE_COLUMNS_MAX];
	bool bold, headed;
	bool blocks;    /* it does not fit: each cell is a line */
	size_t fit;     /* places there are; 0: any number */
	size_t heading; /* BLOCKS: places of the longest */
	FILE *out;
	struct arena *arena;    /* of the rows that wait */
	struct span *waiting;   /* columns_n cells a row */
	size_t waiting_n, rows; /* in rows */
};

void
text_print(struct span s, FILE *out)
{
	while (s.n > 0) {
		size_t n = utf8_shown(s);
		uint32_t code;

		fwrite(s.p, 1, n, out);
		s = span_from(s, n);
		if (s.n == 0)
			return;
		fputc('?', out);
		n = utf8_next(s, &code);
		s = span_from(s, n > 1 ? n : 1);
	}
}

/* A character is one wide, as is the "?" that stands for what is not shown. */
size_t
text_width(struct span s)
{
	size_t width = 0;

	for (; s.n > 0; width++) {
		uint32_t code;
		size_t n = utf8_next(s, &code);

		s = span_from(s, n > 1 ? n : 1);
	}
	return width;
}

/* 0: it goes to no terminal. */
static size_t
terminal_places(FILE *out)
{
	struct winsize w;

	return isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

void
table_fit(struct table *t, size_t places)
{
	t->fit = places;
}

struct table *
table_new(const struct table_column *columns, unsigned n, bool bold, FILE *out)
{
	struct table *t = calloc(1, sizeof(*t));

	must(n > 0 && n <= TABLE_COLUMNS_MAX);
	if (t == NULL)
		fatal("out of memory for a table");
	*t = (struct table){
		.columns = columns, .columns_n = n, .bold = bold, .out = out, .arena = arena_new(0)
	};
	t->fit = terminal_places(out);
	for (unsigned i = 0; i < n; i++) {
		t->width[i] = text_width(span_str(columns[i].heading));
		t->heading = t->width[i] > t->heading ? t->width[i] : t->heading;
	}
	t->waiting = calloc((size_t)n * TABLE_WAIT, sizeof(*t->waiting));
	if (t->waiting == NULL)
		fatal("out of memory for a table");
	return t;
}

static unsigned
last_used(const struct table *t)
{
	unsigned last = 0;

	for (unsigned i = 0; i < t->columns_n; i++)
		if (t->used[i])
			last = i;
	return last;
}

/* The last column of text is not filled up with spaces. */
static void
cell_print(const struct table *t, unsigned column, struct span s, bool last)
{
	size_t n = text_width(s), gap = t->width[column] > n ? t->width[column] - n : 0;
	bool right = t->columns[column].right;

	if (right)
		fprintf(t->out, "%*s", (int)gap, "");
	text_print(s, t->out);
	if (!right && !last)
		fprintf(t->out, "%*s", (int)gap, "");
	fputs(last ? "" : "  ", t->out);
}

/* A text's first places. */
static struct span
text_cut(struct span s, size_t places)
{
	struct span rest = s;

	while (rest.n > 0 && places-- > 0) {
		uint32_t code;
		size_t n = utf8_next(rest, &code);

		rest = span_from(rest, n > 1 ? n : 1);
	}
	return span_first(s, s.n - rest.n);
}

static void
block_print(const struct table *t, const struct span *cells)
{
	for (unsigned i = 0; i < t->columns_n; i++) {
		if (!t->used[i] || cells[i].n == 0)
			continue;
		fprintf(t->out, "%*s: ", (int)t->heading, t->columns[i].heading);
		text_print(cells[i], t->out);
		fputc('\n', t->out);
	}
	fputc('\n', t->out);
}

/* What stands before the last column. */
static size_t
places_before(const struct table *t, unsigned last)
{
	size_t places = 0;

	for (unsigned i = 0; i < last; i++)
		if (t->used[i])
			places += t->width[i] + 2;
	return places;
}

/* A last column of text gives way, as long as its heading has room. */
static void
fit(struct table *t)
{
	unsigned last = last_used(t);
	size_t before = places_before(t, last), room;

	if (t->fit == 0 || before + t->width[last] <= t->fit)
		return;
	room = t->fit > before ? t->fit - before : 0;
	if (t->columns[last].right || room < text_width(span_str(t->columns[last].heading)) + 10)
		t->blocks = true;
	else
		t->width[last] = room;
}

static void
row_print(const struct table *t, const struct span *cells)
{
	unsigned last = last_used(t);

	if (t->blocks) {
		block_print(t, cells);
		return;
	}

	for (unsigned i = 0; i <= last; i++)
		if (t->used[i])
			cell_print(t, i,
			    i == last && t->fit > 0 ? text_cut(cells[i], t->width[i]) : cells[i],
			    i == last);
	fputc('\n', t->out);
}

static void
heading_print(struct table *t)
{
	struct span cells[TABLE_COLUMNS_MAX] = { 0 };

	for (unsigned i = 0; i < t->columns_n; i++)
		cells[i] = span_str(t->columns[i].heading);
	fputs(t->bold ? "\033[1m" : "", t->out);
	row_print(t, cells);
	fputs(t->bold ? "\033[0m" : "", t->out);
	t->headed = true;
}

static void
flush(struct table *t)
{
	if (t->waiting_n == 0)
		return;
	if (!t->headed) {
		fit(t);
		if (!t->blocks)
			heading_print(t);
		t->headed = true;
	}
	for (size_t r = 0; r < t->waiting_n; r++)
		row_print(t, t->waiting + r * t->columns_n);
	t->waiting_n = 0;
	arena_reset(t->arena);
}

void
table_cell(struct table *t, struct span s)
{
	unsigned i = t->filled++;
	size_t n = text_width(s);

	t->waiting[t->waiting_n * t->columns_n + i] = arena_span(t->arena, s);
	if (n > t->width[i])
		t->width[i] = n;
	if (n > 0 && !t->headed)
		t->used[i] = true;
	if (t->filled < t->columns_n)
		return;
	t->filled = 0;
	t->rows++;
	if (++t->waiting_n == TABLE_WAIT)
		flush(t);
}

size_t
table_end(struct table *t)
{
	size_t rows = t->rows;

	must(t->filled == 0);
	flush(t);
	arena_free(t->arena);
	free(t->waiting);
	free(t);
	return rows;
}
