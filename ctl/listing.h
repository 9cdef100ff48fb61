/* listing.h: an answer as a table, as blocks of "key: value", or as it came (--json). */
#pragma once

#include "ask.h"

struct column {
	const char *key;     /* of the row */
	const char *heading; /* NULL: the key in capitals */
	bool number;         /* right-aligned */
};

struct listing {
	const struct column *columns; /* ends with key NULL */
	const char *nothing;          /* a sentence for an answer without rows */
};

/* Shows all rows and ends the ask. Exit code: 0; 1 if there were none. */
int listing_show(struct ctl *, struct ask *, const struct listing *);
/* The same with each row as a block, for rows that have much to say. */
int listing_blocks(struct ctl *, struct ask *, const char *nothing);
