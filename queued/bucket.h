/* bucket.h: permits of a rate, and what went through in a minute (pure).
 *
 * A bucket holds a second's worth of permits, at least one, and fills with time. What goes while no rate is in force costs
 * nothing then or later. Times are loop_now_ms(). */
#pragma once

#include <stdint.h>

struct bucket {
	double tokens;
	uint64_t at_ms; /* 0: at rest, and full when a rate is in force again */
};

/* In how long one may go at count a per_s seconds, 0: now. */
uint64_t bucket_wait_ms(struct bucket *, uint64_t count, uint64_t per_s, uint64_t now_ms);
void bucket_take(struct bucket *);
void bucket_give_back(struct bucket *);
void bucket_rest(struct bucket *); /* no rate is in force */

/* What went through in the minute that runs, and in the one before. */
struct minute {
	uint64_t at_ms; /* when it began; 0: nothing went yet */
	uint32_t n, last;
};

void minute_count(struct minute *, uint64_t now_ms);
/* The last whole minute's, or the present one's where that is more already. */
uint32_t minute_rate(const struct minute *, uint64_t now_ms);
