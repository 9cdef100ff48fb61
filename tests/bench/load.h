/* load.h: what is still to be sent, and the record of what became of it.
 *
 * Messages are numbered from 1. With a rate they fall due one by one whether or not the server keeps up (open loop);
 * without one a message is due whenever a connection is free. The record has a line for each recipient:
 *	ok RUN-N ADDRESS       acknowledged after the final dot
 *	maybe RUN-N ADDRESS    the connection was lost after the final dot, before its answer
 *	refused RUN-N ADDRESS CODE
 */
#pragma once

#include "mail.h"

#include <stdio.h>

struct load_style {
	uint64_t count;      /* messages; 0: until the time is over */
	double rate;         /* messages a second; 0: as fast as acknowledged */
	double seconds;      /* 0: until count is done */
	unsigned recipients; /* a message */
	unsigned run;
	bool retry;   /* what was refused with 4xx or lost before the final dot is sent again */
	FILE *record; /* or NULL */
};

struct load_sums {
	uint64_t messages;           /* acknowledged */
	uint64_t ok, maybe, refused; /* recipients */
	uint64_t again;              /* times a message was put back */
};

struct load;

struct load *load_new(const struct load_style *, const struct mail_maker *, uint64_t now);
void load_free(struct load *);

/* The next message to send; false when none is due now. */
bool load_take(struct load *, uint64_t now, struct mail_job *);
/* When the next falls due: at most now when there is one; UINT64_MAX when there will be none. */
uint64_t load_due(const struct load *, uint64_t now);
/* No message will come any more (those in flight may be put back). */
bool load_over(const struct load *, uint64_t now);

void load_ok(struct load *, const struct mail_job *, uint64_t accepted, uint64_t now);
void load_maybe(struct load *, const struct mail_job *, uint64_t accepted);
/* Recipients of the mask got this code: recorded, or kept for another attempt. */
void load_refused(struct load *, struct mail_job *, uint64_t mask, unsigned code);
/* To be called last for a message: what is not done of it is put back. */
void load_end(struct load *, const struct mail_job *, uint64_t now);

struct load_sums load_sums(const struct load *);
/* Seconds from due to acknowledged, at 0.5, 0.99, ... of all; 0 when there are none. Sorts. */
double load_latency_s(struct load *, double quantile);
