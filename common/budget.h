/* budget.h: the processor time that one job may take, asked for between its steps.
 *
 * A worker that does one job after another hears nothing meanwhile, so it says between steps that it lives; and a job that
 * takes too long ends at its next step, in whatever way is right for it. A step is small: some kilobytes, a tag, a line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
	uint64_t limit_ns; /* of processor time */
	uint64_t begun_ns; /* monotonic */
	uint64_t until_ns; /* of this thread's processor time; 0: not asked for yet */
	uint64_t said_ns;  /* when it last said that it lives */
	size_t unlooked;   /* bytes worked on since the clock was looked at */
	bool spent;
	void (*alive)(void *);
	void *ctx;
};

/* alive: called at most once a second, from between steps. */
void budget_init(struct budget *, void (*alive)(void *ctx), void *ctx);
/* A new job begins, with so much time; where the machine is busy with others it may end an eighth earlier. */
void budget_begin(struct budget *, uint64_t cpu_ms);
/* Tells of so many bytes that were worked on. False: the time is spent, and stays so. Without a budget it never is. */
bool budget_left(struct budget *, size_t bytes);
