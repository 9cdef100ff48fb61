/* adapt.h: a lane finds the provider's ceiling by itself (pure): cut by a factor, add by steps (AIMD).
 *
 * A throttling answer cuts rate and connections to 60 %, once for what one burst of answers says; each clean stretch adds
 * a step. The share is of the configured limits where there are any; a lane without a configured rate is held by
 * its connections, and by a rate only once it was cut. Times are loop_now_ms(). */
#pragma once

#include "span.h"

enum { ADAPT_REASON_MAX = 200 };

enum adapt_state { ADAPT_FULL, ADAPT_SLOWED, ADAPT_SUSPENDED };

struct adapt {
	uint32_t share_permille;       /* 1000: as configured */
	uint32_t clean;                /* deliveries accepted since the last cut or step */
	uint64_t cut_ms;               /* when the last cut was */
	uint64_t until_ms;             /* suspended until then; 0: not */
	uint32_t measured;             /* messages a minute seen when it was cut; 0: never cut */
	char reason[ADAPT_REASON_MAX]; /* the reply that cut or suspended it */
};

void adapt_init(struct adapt *);
/* True: this changed the state (worth an event). measured: messages a minute the lane carries now. */
bool adapt_slow(struct adapt *, uint64_t now_ms, uint32_t measured, struct span reply);
bool adapt_suspend(struct adapt *, uint64_t now_ms, uint32_t for_s, struct span reply);
bool adapt_clean(struct adapt *, uint64_t now_ms);
/* Ends a suspension whose time is over. */
bool adapt_tick(struct adapt *, uint64_t now_ms);
void adapt_release(struct adapt *); /* an operator says: as configured */

enum adapt_state adapt_state(const struct adapt *, uint64_t now_ms);
const char *adapt_state_name(enum adapt_state);
/* What is left of a configured figure, at least 1. */
uint64_t adapt_share(const struct adapt *, uint64_t configured);
