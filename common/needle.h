/* needle.h: what a text must hold for a pattern to match at all, so that most patterns need not be tried.
 *
 * A needle is a run of plain letters that every match of the pattern (or of one of its branches) contains. A text's
 * groups of three bytes are marked in a small table once; a pattern whose needles are not among the marks cannot
 * match. A mark too many costs a try, never a match. Pure. */
#pragma once

#include "span.h"

enum { NEEDLES_MAX = 12, NEEDLE_MARKS = 8, MARKS_BITS = 8192 };

struct marks {
	uint64_t bits[MARKS_BITS / 64];
};

/* The text's bytes without regard to ASCII case. */
void marks_of(struct marks *, struct span text);

struct needles {
	unsigned n; /* 0: the pattern may match anything */
	struct {
		uint16_t mark[NEEDLE_MARKS];
		unsigned n;
	} branch[NEEDLES_MAX];
};

/* pattern: PCRE2 syntax, matched without regard to case. */
void needles_of(struct needles *, struct span pattern);
/* False: no match is possible. */
bool needles_among(const struct needles *, const struct marks *);
