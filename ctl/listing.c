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

/* A row {"so_far":N} only says that it takes a while. */
static const json_t *
next_row(struct ask *a)
{
	const json_t *row;

	do
		row = ask_row(a);
	while (row != NULL && json_object_get(row, "so_far") != NULL);
	return row;
}

static int
show_json(struct ask *a, const char *nothing, int exit_nothing, uint64_t most)
{
	size_t rows = 0;

	for (; next_row(a) != NULL; rows++)
		if (rows < most)
			printf("%.*s\n", SPAN(ask_line(a)));
	return end(a, rows, nothing, true, exit_nothing);
}

const char *
age_text(uint64_t s, struct arena *arena)
{
	static const struct {
		char unit, part;
		uint64_t unit_s, part_s;
	} units[] = { { 'd', 'h', 86400, 3600 }, { 'h', 'm', 3600, 60 }, { 'm', 's', 60, 1 } };

	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unsigned long long n = s / units[i].unit_s,
				   parts = s % units[i].unit_s / units[i].part_s;

		if (n > 0 && parts > 0)
			return arena_printf(
			    arena, "%llu%c%llu%c", n, units[i].unit, parts, units[i].part);
		if (n > 0)
			return arena_printf(arena, "%llu%c", n, units[i].unit);
	}
	return arena_printf(arena, "%llus", (unsigned long long)s);
}

static struct span
cell(const struct column *col, const json_t *row, struct arena *scratch)
{
	int64_t now = (int64_t)time(NULL), then = (int64_t)(row_num(row, col->key) / 1000);
	int64_t s = col->kind == COLUMN_SINCE ? now - then : then - now;

	if (col->kind == COLUMN_TEXT || col->kind == COLUMN_NUMBER)
		return row_text(row, col->key, scratch);
	if (col->kind == COLUMN_LASTS)
		s = (int64_t)row_num(row, col->key);
	else if (then == 0)
		return span_of("", 0);
	return span_str(age_text(s > 0 ? (uint64_t)s : 0, scratch));
}

static int
show(struct ctl *c, struct ask *a, const struct listing *l, int exit_nothing, uint64_t most,
    size_t *rows)
{
	struct arena *scratch;
	struct table *t;
	const json_t *row;
	unsigned n;

	*rows = 0;
	if (c->json)
		return show_json(a, l->nothing, exit_nothing, most);
	scratch = arena_new(0);
	t = table_for(c, l, &n);
	for (; (row = next_row(a)) != NULL; ++*rows) {
		for (unsigned i = 0; i < n && *rows < most; i++)
			table_cell(t, cell(&l->columns[i], row, scratch));
		arena_reset(scratch);
	}
	arena_free(scratch);
	(void)table_end(t);
	return end(a, *rows, l->nothing, false, exit_nothing);
}

int
listing_count(struct ctl *c, struct ask *a, const struct listing *l, int exit_nothing, size_t *rows)
{
	return show(c, a, l, exit_nothing, UINT64_MAX, rows);
}

int
listing_most(struct ctl *c, struct ask *a, const struct listing *l, uint64_t most, size_t *rows)
{
	return show(c, a, l, 1, most, rows);
}

int
listing_show(struct ctl *c, struct ask *a, const struct listing *l)
{
	size_t rows;

	return listing_count(c, a, l, 1, &rows);
}

int
listing_show_any(struct ctl *c, struct ask *a, const struct listing *l)
{
	size_t rows;

	return listing_count(c, a, l, 0, &rows);
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
		return show_json(a, nothing, 1, UINT64_MAX);
	scratch = arena_new(0);
	for (; (row = next_row(a)) != NULL; rows++) {
		if (rows > 0)
			putchar('\n');
		block_print(row, scratch);
		arena_reset(scratch);
	}
	arena_free(scratch);
	return end(a, rows, nothing, false, 1);
}
