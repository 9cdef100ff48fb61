/* What servers and operators say of a lane: it slows, is suspended or refused, and goes on (lane.h). */
#include "err.h"
#include "events.h"
#include "lane.h"
#include "loop.h"
#include "queued.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REFUSED_FIRST_MS = 5 * 1000,
	REFUSED_MOST_MS = 60 * 1000, /* one of its servers may be better at any time */
	REFUSALS_TO_HEED = 3, /* by different sets of hosts, and no other let us in meanwhile */
	/* Messages a minute: what a lane that was cut goes on from at least. In its first second it has carried next to
	 * nothing; where this is too much for the provider it says so again, and each time it is cut further. */
	CARRIES_LEAST = 3000,
};

void
lane_clean(struct lane *l)
{
	l->delivered++;
	minute_count(&l->accepted, loop_now_ms());
	if (!adapt_clean(&l->adapt, loop_now_ms()))
		return;
	events_lane(lane_queued(l)->events, l, "faster");
	lane_wake(l);
}

void
lane_slow(struct lane *l, struct span reply)
{
	uint32_t carried = minute_rate(&l->accepted, loop_now_ms());

	if (carried < CARRIES_LEAST)
		carried = CARRIES_LEAST;
	if (adapt_slow(&l->adapt, loop_now_ms(), carried, reply))
		events_lane(lane_queued(l)->events, l, "slowed");
}

void
lane_suspend(struct lane *l, uint32_t for_s, struct span reply)
{
	if (adapt_suspend(&l->adapt, loop_now_ms(), for_s, reply))
		events_lane(lane_queued(l)->events, l, "suspended");
	lane_wake_at(l, l->adapt.until_ms);
}

void
lane_suspend_tenant(struct lane *l, struct span tenant, uint32_t for_s, struct span reply)
{
	uint64_t now = loop_now_ms();

	if (!ban_put(&l->bans, tenant, now, for_s, reply))
		return;
	events_lane_tenant(
	    lane_queued(l)->events, l, ban_of(&l->bans, tenant, now), "tenant-suspended");
	lane_wake(l);
}

const struct ban *
lane_ban(const struct lane *l, const struct delivery *d)
{
	if (d->immediate || bans_none(&l->bans))
		return NULL;
	return ban_of(&l->bans, d->message->envelope->tenant, loop_now_ms());
}

unsigned
lanes_lift(struct lanes *ls, struct span tenant)
{
	unsigned n = 0;

	for (struct lane *l = lanes_each(ls, NULL); l != NULL; l = lanes_each(ls, l))
		n += bans_lift(&l->bans, tenant, loop_now_ms());
	return n;
}

void
lane_refused(struct lane *l, const struct host_set *by, struct span reply)
{
	uint64_t wait = REFUSED_FIRST_MS;

	if (l->refused_by != by)
		l->refusals++;
	l->refused_by = by;
	if (l->refusals < REFUSALS_TO_HEED)
		return;
	for (unsigned i = REFUSALS_TO_HEED; i < l->refusals && wait < REFUSED_MOST_MS; i++)
		wait *= 2;
	snprintf(l->refusal, sizeof(l->refusal), "%.*s", SPAN(reply));
	l->refused_ms = loop_now_ms() + (wait < REFUSED_MOST_MS ? wait : REFUSED_MOST_MS);
	lane_wake_at(l, l->refused_ms);
}

static bool
is_lately(const struct lane_dismissal *d)
{
	return d != NULL && loop_now_ms() - d->at_ms < LANE_DISMISSAL_MS;
}

const struct lane_dismissal *
lane_dismissal(const struct lane *l)
{
	return is_lately(l->dismissal) ? l->dismissal : NULL;
}

/* An event tells the first, and other words; a server that ends each after so many messages says so many times a minute. */
void
lane_dismissed(struct lane *l, struct span words)
{
	struct lane_dismissal *d = l->dismissal;
	char before[ADAPT_REASON_MAX] = "";

	if (d == NULL && (d = l->dismissal = calloc(1, sizeof(*d))) == NULL)
		fatal("out of memory for a reply");
	if (is_lately(d))
		memcpy(before, d->words, sizeof(before));
	else
		d->n = 0;
	d->n++;
	d->at_ms = loop_now_ms();
	snprintf(d->words, sizeof(d->words), "%.*s", SPAN(words));
	if (strcmp(before, d->words) != 0)
		events_lane_said(lane_queued(l)->events, l, "dismissed", d->words);
}

void
lane_opened(struct lane *l)
{
	l->refusals = 0;
	l->refused_by = NULL;
	l->refused_ms = 0;
}

void
lane_release(struct lane *l)
{
	adapt_release(&l->adapt);
	bans_lift(&l->bans, span_of(NULL, 0), loop_now_ms());
	lane_opened(l);
	lane_wake_held(l);
	for (struct table_node *n = table_each(&l->hosts, NULL); n != NULL;
	     n = table_each(&l->hosts, n)) {
		struct lane_hosts *h = TABLE_OF(n, struct lane_hosts, by_set);

		lane_hosts_release(h);
		lane_hosts_wake(h);
	}
	events_lane(lane_queued(l)->events, l, "released");
	lane_wake(l);
}

void
lane_probe(struct lane *l, const struct delivery *d)
{
	uint64_t now = loop_now_ms();

	d->hosts->backoff_ms = 0;
	lane_hosts_wake(d->hosts);
	l->refused_ms = 0;
	if (l->adapt.until_ms <= now)
		return;
	l->adapt.until_ms = 0;
	events_lane(lane_queued(l)->events, l, "resumed");
}
