#include "risk.h"

#include <string.h>

enum {
	LEAST = 2,
	MODERATE = 400, /* a second: up to it no more than LEAST is borne */
	BORNE_MS = 20,  /* what comes in so long is, beyond it */
	BORNE_FLUSHES =
	    6, /* or in so many flushes: an end waits for two, and twice that never binds */
	PATIENCE_MS = 20, /* that mail waits though ends come to the disk: then it needs more */
	EXTRA_MS = 1000,  /* it has that for so long, then half */
	WINDOW_MS = 100,
	SMOOTH = 4,
};

/* ---- what is under way ---- */

static void
young_turn(struct risk *r, uint64_t now)
{
	uint64_t gone = now - r->young_ms;

	if (gone >= RISK_YOUNG_MS)
		memset(r->young, 0, sizeof(r->young));
	else
		for (uint64_t i = 1; i <= gone; i++)
			r->young[(r->young_ms + i) % RISK_YOUNG_MS] = 0;
	r->young_ms = now;
}

static void
rate_turn(struct risk *r, uint64_t now)
{
	uint64_t passed = now - r->window_ms;

	if (passed < WINDOW_MS)
		return;
	if (passed > WINDOW_MS * 2 * SMOOTH)
		r->rate = 0;
	r->rate = r->rate - r->rate / SMOOTH + (uint32_t)(r->fed * 1000ULL / passed) / SMOOTH;
	r->fed = 0;
	r->window_ms = now;
}

void
risk_fed(struct risk *r, uint64_t now)
{
	young_turn(r, now);
	rate_turn(r, now);
	if (r->young[now % RISK_YOUNG_MS] < UINT16_MAX)
		r->young[now % RISK_YOUNG_MS]++;
	r->fed++;
}

void
risk_answered(struct risk *r, uint64_t now, uint64_t fed)
{
	uint64_t took_us = (now - fed) * 1000;
	bool is_young = now - fed < RISK_YOUNG_MS;
	uint16_t *place = &r->young[fed % RISK_YOUNG_MS];

	young_turn(r, now);
	if (took_us > 1000000)
		took_us = 1000000;
	r->answer_us = r->answer_us - r->answer_us / SMOOTH + (uint32_t)took_us / SMOOTH;
	if (is_young && *place > 0)
		(*place)--;
}

static uint64_t
under_way(const struct risk *r, uint64_t now)
{
	uint64_t n = 0;

	if (r->answer_us >= RISK_YOUNG_MS * 1000)
		return 0;
	for (uint64_t i = 0; i < RISK_YOUNG_MS && now - r->young_ms + i < RISK_YOUNG_MS; i++)
		n += r->young[(r->young_ms - i) % RISK_YOUNG_MS];
	return n;
}

/* ---- what may be ---- */

static uint64_t
borne(const struct risk *r, const struct risk_ends *e)
{
	uint64_t us = e->flush_us * BORNE_FLUSHES, n = LEAST + r->extra;

	if (us < BORNE_MS * 1000)
		us = BORNE_MS * 1000;
	return r->rate <= MODERATE ? n : n + (r->rate - MODERATE) * us / 1000000;
}

bool
risk_may_feed(const struct risk *r, uint64_t now, const struct risk_ends *e)
{
	return e->asked - e->stand + under_way(r, now) < borne(r, e);
}

void
risk_turn(struct risk *r, uint64_t now, const struct risk_ends *e, bool refused)
{
	if (!refused) {
		r->refused_ms = 0;
		if (r->extra > 0 && now - r->extra_ms >= EXTRA_MS) {
			r->extra /= 2;
			r->extra_ms = now;
		}
		return;
	}
	if (r->refused_ms == 0) {
		r->refused_ms = now;
		r->refused_at = e->stand;
	} else if (now - r->refused_ms > PATIENCE_MS && e->stand != r->refused_at) {
		r->extra += 1 + r->extra / 2;
		r->extra_ms = r->refused_ms = now;
		r->refused_at = e->stand;
	}
}
