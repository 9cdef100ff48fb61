/* tally.h: which message came for whom, how often, and whether unchanged. */
#pragma once

#include "err.h"
#include "span.h"

#include <stdio.h>

struct tally;

struct tally_sums {
	uint64_t arrivals; /* copies */
	uint64_t unique;   /* pairs of number and recipient */
	uint64_t again;    /* arrivals after a pair's first */
	uint64_t changed;  /* pairs of which a copy came changed */
};

struct tally *tally_new(void);
void tally_free(struct tally *);
void tally_add(struct tally *, struct span number, struct span recipient, bool unchanged);
struct tally_sums tally_sums(const struct tally *);
/* A line a pair: "NUMBER RECIPIENT COUNT ok|changed SECOND", in order of first arrival, which SECOND is of (tick.h). */
int tally_write(const struct tally *, const char *path, struct err *);
