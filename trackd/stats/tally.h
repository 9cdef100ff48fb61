/* tally.h: numbers by key, in memory: what a step counts, before it goes to the database in one row a key; what an answer
 * sums up. Pure. */
#pragma once

#include "span.h"

enum { TALLY_NUMBERS = 32, TALLY_KEY_MAX = 480 };

struct tally_row {
	struct tally_row *next;
	uint64_t hash;
	uint64_t n[TALLY_NUMBERS];
	uint16_t key_n;
	char key[];
};

struct tally {
	struct tally_row **slots;
	size_t slots_n, rows_n; /* slots: a power of two, 0 before the first */
};

/* The row of a key (its first TALLY_KEY_MAX bytes), made if it is not there. */
struct tally_row *tally_at(struct tally *, struct span key);
static inline struct span
tally_key(const struct tally_row *r)
{
	return span_of(r->key, r->key_n);
}
/* All rows, the larger first as order says; the array is malloc'd, the caller's to free. */
const struct tally_row **
tally_sorted(const struct tally *, int (*order)(const void *, const void *));
void tally_each(const struct tally *, void (*each)(void *ctx, const struct tally_row *), void *ctx);
/* Forgets all; free: the memory too. */
void tally_reset(struct tally *);
void tally_free(struct tally *);
