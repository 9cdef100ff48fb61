/* schedule.h: what is due when: a heap under one timer.
 *
 * Things carry their own item. Cost is log(n) of what waits in memory, and one timer of the loop for all. Times are
 * loop_now_ms() (monotonic). The pure half (a heap without a loop) is what the test calls. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct due {
	uint64_t at_ms;
	size_t slot; /* place in the heap from 1; 0: not in it */
	void (*fire)(void *ctx, struct due *);
	void *ctx;
};

struct schedule {
	struct due **heap; /* from index 1 */
	size_t n, cap;
	struct timer *timer; /* NULL: the caller runs schedule_run() by hand */
	uint64_t set_for_ms; /* what the timer is set for; 0: not set */
};

/* with_timer: fires from the loop; else only schedule_run() does. */
void schedule_init(struct schedule *);
void schedule_use_loop(struct schedule *);
void schedule_free(struct schedule *);

/* Puts the item in, or moves it. */
void schedule_set(struct schedule *, struct due *, uint64_t at_ms);
void schedule_clear(struct schedule *, struct due *); /* not in it: fine */
static inline bool
schedule_has(const struct due *d)
{
	return d->slot != 0;
}

/* Takes out and fires all that is due at now_ms. */
void schedule_run(struct schedule *, uint64_t now_ms);
