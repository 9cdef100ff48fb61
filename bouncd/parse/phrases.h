/* phrases.h: many phrases looked for in one pass over a text. Pure.
 *
 * Letters are ASCII and fold; other bytes (UTF-8) must be equal. */
#pragma once

#include "span.h"

enum { PHRASES_MAX = 400 };

struct phrases {
	const char *const *list;
	uint16_t first[256];        /* by first byte, folded: index + 1 of the first phrase */
	uint16_t next[PHRASES_MAX]; /* the same for the one behind it; 0: none */
};

/* list: n phrases, at most PHRASES_MAX, none empty; it outlives the struct. */
void phrases_init(struct phrases *, const char *const *list, size_t n);
/* Position of the first one found, or -1. */
ptrdiff_t phrases_find(const struct phrases *, struct span text);
