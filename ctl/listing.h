/* listing.h: an answer as a table, as blocks of "key: value", or as it came (--json). */
#pragma once

#include "ask.h"

/* "45s", "3m20s", "3h12m", "2d4h": two units, the rest is left out. In the arena. */
const char *age_text(uint64_t s, struct arena *);

/* SINCE and UNTIL: from a time in ms to now, from now to it, as 3h12m. LASTS: a number of seconds, likewise. */
enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_SINCE, COLUMN_UNTIL, COLUMN_LASTS };

struct column {
	const char *key;     /* of the row: row_text() */
	const char *heading; /* NULL: the key in capitals */
	enum column_kind kind;
};

struct listing {
	const struct column *columns; /* ends with key NULL */
	const char *nothing;          /* a sentence for an answer without rows */
};

/* Shows all rows and ends the ask. Exit code: 0; 1 if there were none. */
int listing_show(struct ctl *, struct ask *, const struct listing *);
/* The same where nothing is as good an answer as any: 0 then too. */
int listing_show_any(struct ctl *, struct ask *, const struct listing *);
/* The same, exit_nothing where there are no rows; says how many there were. */
int
listing_count(struct ctl *, struct ask *, const struct listing *, int exit_nothing, size_t *rows);
/* The first `most` rows are shown, all are counted; 1 where there are none. */
int listing_most(struct ctl *, struct ask *, const struct listing *, uint64_t most, size_t *rows);
/* The same with each row as a block, for rows that have much to say. */
int listing_blocks(struct ctl *, struct ask *, const char *nothing);
