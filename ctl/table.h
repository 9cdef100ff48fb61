/* table.h: rows for people: columns aligned, numbers right, a heading.
 *
 * Rows wait until the widths of TABLE_WAIT of them are known, so that memory stays bounded; the rest follows as it comes.
 * A column that none of those filled is left out. On a terminal a last column of text is cut where it ends, and a table that
 * does not fit all the same is told a row after the other, a line for each cell. Cells may hold any byte: what a terminal could obey comes out as ?. */
#pragma once

#include "span.h"

#include <stdio.h>

enum { TABLE_WAIT = 1000, TABLE_COLUMNS_MAX = 32 };

struct table_column {
	const char *heading;
	bool right;
};

struct table;

/* columns: n of them, at most TABLE_COLUMNS_MAX, valid as long as the table. bold: the heading. */
struct table *table_new(const struct table_column *, unsigned n, bool bold, FILE *out);
/* So many places wide at most; 0: as wide as it is. Before the first row; what table_new() found out of a terminal. */
void table_fit(struct table *, size_t places);
/* A row is n cells, left to right. */
void table_cell(struct table *, struct span);
/* Prints what waits; how many rows there were. */
size_t table_end(struct table *);

/* A text as a terminal may see it, and the places it takes there. */
void text_print(struct span, FILE *);
size_t text_width(struct span);
