/* rewrite_turns.h: which message a rewriter gets next (pure): fair by tenant, and never more than it does in a moment.
 *
 * A rewriter does one message after another, so what it was given waits for all that it has. It is given small ones up to some
 * kilobytes, and a large one only when it has nothing. Small and large ones are drawn apart (draw.h, by bytes) and take turns by
 * bytes too. Where there are several rewriters, large ones never have all of them. A message that may be what killed a rewriter
 * is given to one that has nothing, and nothing else is given to that one until it is done. */
#pragma once

#include "draw.h"

struct turn_worker;

/* One message of one question. */
struct turn_job {
	struct draw_item item;
	TAILQ_ENTRY(turn_job) link; /* among those of the worker that has it */
	struct turn_worker *with;   /* NULL: it waits, or is in nothing */
	uint64_t bytes;
	bool large, alone;
};

struct turn_worker {
	TAILQ_HEAD(, turn_job) jobs; /* in the order given */
	unsigned jobs_n;
	uint64_t bytes;
	bool there, large, alone; /* takes work; has a large one; has one that must be alone */
};

struct turns {
	struct draw draw; /* of both sets: what waits here waits for nothing else */
	struct draw_set small, large;
	uint64_t small_bytes; /* given while a large one waited */
	struct turn_worker *workers;
	unsigned workers_n;
};

/* The workers are the caller's, and stay where they are: there may be so many, and the first n are looked at. */
void turns_init(struct turns *, struct turn_worker *workers, unsigned most, unsigned n);
void turns_has(struct turns *, unsigned n); /* so many, or more */
void
turns_put(struct turns *, struct turn_job *, const struct draw_place *, uint64_t bytes, bool alone);
/* The next and who gets it: it is that worker's from here on. NULL: none waits, or nobody has room for it. */
struct turn_job *turns_next(struct turns *);
/* It is done, or is not wanted any more: out of where it waits, or from its worker. */
void turns_remove(struct turn_job *);
