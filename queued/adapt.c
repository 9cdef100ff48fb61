#include "adapt.h"

#include <string.h>

enum {
	FULL = 1000,
	LEAST = 10,
	CUT_PERCENT = 60,
	STEP = 50,
	CLEAN_STRETCH = 50,      /* deliveries a step */
	ONE_BURST_MS = 10 * 1000 /* answers so close together are one cut */
};

static const char *const names[] = { "normal", "slowed", "suspended" };

void
adapt_init(struct adapt *a)
{
	*a = (struct adapt){ .share_permille = FULL };
}

static void
because(struct adapt *a, struct span reply)
{
	size_t n = reply.n < sizeof(a->reason) - 1 ? reply.n : sizeof(a->reason) - 1;

	if (n > 0)
		memcpy(a->reason, reply.p, n);
	a->reason[n] = '\0';
}

bool
adapt_slow(struct adapt *a, uint64_t now_ms, uint32_t measured, struct span reply)
{
	a->clean = 0;
	if (a->cut_ms != 0 && now_ms - a->cut_ms < ONE_BURST_MS)
		return false;
	a->cut_ms = now_ms;
	if (a->measured == 0 || a->share_permille == FULL)
		a->measured = measured > 0 ? measured : 1;
	a->share_permille = a->share_permille * CUT_PERCENT / 100;
	if (a->share_permille < LEAST)
		a->share_permille = LEAST;
	because(a, reply);
	return true;
}

bool
adapt_suspend(struct adapt *a, uint64_t now_ms, uint32_t for_s, struct span reply)
{
	bool was = a->until_ms > now_ms;
	uint64_t until = now_ms + (uint64_t)for_s * 1000;

	if (until > a->until_ms)
		a->until_ms = until;
	a->clean = 0;
	because(a, reply);
	return !was;
}

bool
adapt_clean(struct adapt *a, uint64_t now_ms)
{
	if (a->share_permille == FULL || ++a->clean < CLEAN_STRETCH ||
	    now_ms - a->cut_ms < ONE_BURST_MS)
		return false;
	a->clean = 0;
	a->share_permille += STEP;
	if (a->share_permille < FULL)
		return true;
	adapt_release(a);
	return true;
}

bool
adapt_tick(struct adapt *a, uint64_t now_ms)
{
	if (a->until_ms == 0 || a->until_ms > now_ms)
		return false;
	a->until_ms = 0;
	return true;
}

void
adapt_release(struct adapt *a)
{
	adapt_init(a);
}

enum adapt_state
adapt_state(const struct adapt *a, uint64_t now_ms)
{
	if (a->until_ms > now_ms)
		return ADAPT_SUSPENDED;
	return a->share_permille < FULL ? ADAPT_SLOWED : ADAPT_FULL;
}

const char *
adapt_state_name(enum adapt_state s)
{
	return names[s];
}

uint64_t
adapt_share(const struct adapt *a, uint64_t configured)
{
	uint64_t share = configured * a->share_permille / FULL;

	return share == 0 ? 1 : share;
}
