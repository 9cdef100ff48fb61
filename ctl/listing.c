#include "listing.h"
#include "err.h"
#include "table.h"

#include <stdio.h>
#include <time.h>

static const char *
heading(const struct column *col, struct arena *arena)
{
	char *text;

	if (col->heading != NULL)
		return col->heading;
	text = arena_strdup(arena, col->key);
	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return text;
}

static struct table *
table_for(struct ctl *c, const struct listing *l, unsigned *n)
{
	struct table_column *columns = arena_alloc(c->arena, sizeof(*columns) * TABLE_COLUMNS_MAX);

	for (*n = 0; l->columns[*n].key != NULL; ++*n) {
		must(*n < TABLE_COLUMNS_MAX);
		columns[*n] = (struct table_column){ heading(&l->columns[*n], c->arena),
			l->columns[*n].kind != COLUMN_TEXT };
	}
	return table_new(columns, *n, ctl_colour(), stdout);
}

static int
end(struct ask *a, size_t rows, const char *nothing, bool json, int exit_nothing)
{
	int exit_code = ask_end(a);

	if (exit_code != 0 || rows > 0)
		return exit_code;
	if (!json)
		puts(nothing);
	return exit_nothing;
}

static int
show_json(struct ask *a, const char *nothing, int exit_nothing)
{
	size_t rows = 0;

	for (; ask_row(a) != NULL; rows++)
		printf("%.*s\n", SPAN(ask_line(a)));
	return end(a, rows, nothing, true, exit_nothing);
}

static struct span
cell(const struct column *col, const json_t *row, struct arena *scratch)
{
	int64_t now = (int64_t)time(NULL), then = (int64_t)(row_num(row, col->key) / 1000);
	int64_t s = col->kind == COLUMN_SINCE ? now - then : then - now;

	if (col->kind == COLUMN_TEXT || col->kind == COLUMN_NUMBER)
		return row_text(row, col->key, scratch);
	if (then == 0)
		return span_of("", 0);
	return span_str(arena_printf(scratch, "%lld", (long long)(s > 0 ? s : 0)));
}

static int
show(struct ctl *c, struct ask *a, const struct listing *l, int exit_nothing)
{
	struct arena *scratch;
	struct table *t;
	const json_t *row;
	size_t rows;
	unsigned n;

	if (c->json)
		return show_json(a, l->nothing, exit_nothing);
	scratch = arena_new(0);
	t = table_for(c, l, &n);
	while ((row = ask_row(a)) != NULL) {
		for (unsigned i = 0; i < n; i++)
			table_cell(t, cell(&l->columns[i], row, scratch));
		arena_reset(scratch);
	}
	arena_free(scratch);
	rows = table_end(t);
	return end(a, rows, l->nothing, false, exit_nothing);
}

int
listing_show(struct ctl *c, struct ask *a, const struct listing *l)
{
	return show(c, a, l, 1);
}

int
listing_show_any(struct ctl *c, struct ask *a, const struct listing *l)
{
	return show(c, a, l, 0);
}

static void
block_print(const json_t *row, struct arena *scratch)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)row, key, v)
	{
		struct span text = row_text(row, key, scratch);

		if (text.n == 0)
			continue;
		printf("%*s", 14 - (int)text_width(span_str(key)), "");
		text_print(span_str(key), stdout);
		fputs(": ", stdout);
		text_print(text, stdout);
		putchar('\n');
	}
}

int
listing_blocks(struct ctl *c, struct ask *a, const char *nothing)
{
	struct arena *scratch;
	const json_t *row;
	size_t rows = 0;

	if (c->json)
		return show_json(a, nothing, 1);
	scratch = arena_new(0);
	for (; (row = ask_row(a)) != NULL; rows++) {
		if (rows > 0)
			putchar('\n');
		block_print(row, scratch);
		arena_reset(scratch);
	}
	arena_free(scratch);
	return end(a, rows, nothing, false, 1);
}
