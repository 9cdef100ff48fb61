#include "lane_hosts.h"
#include "adapt.h"
#include "err.h"
#include "events.h"
#include "lane.h"
#include "loop.h"
#include "queued.h"
#include "session.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BACKOFF_FIRST_MS =
	    5 * 1000, /* an outage of seconds costs no more than that behind its end */
	BACKOFF_MOST_MS = 5 * 60 * 1000,
	BACKOFF_JITTER =
	    6, /* less by up to a sixth: what failed together does not come back together */
	KEPT_MS = 10 * 60 * 1000, /* failures are remembered so long after the back-off */
	FAILURES_TO_TELL = 2,     /* one may be chance */
	ALLOWED_FIRST = 1,        /* connection: hosts that hang hold no more of the lane's */
	ALLOWED_MORE = 2,         /* with the first answer over each: good hosts soon have all */
	ALLOWED_MOST = 100000,    /* beyond what `connections` can be */
};

static uint64_t
set_hash(const struct host_set *set)
{
	return (uint64_t)(uintptr_t)set;
}

static void
on_due(void *ctx, struct due *due)
{
	(void)due;
	lane_hosts_wake(ctx);
}

static struct lane_hosts *
lane_hosts_new(struct lane *l, struct host_set *set)
{
	struct lane_hosts *h = calloc(1, sizeof(*h));

	if (h == NULL)
		fatal("out of memory for a lane's hosts");
	h->lane = l;
	h->set = host_set_keep(set);
	h->allowed = ALLOWED_FIRST;
	draw_set_init(&h->waiting, &l->draw);
	TAILQ_INIT(&h->sessions);
	h->due = (struct due){ .fire = on_due, .ctx = h };
	table_put(&l->hosts, &h->by_set, set_hash(set));
	return h;
}

struct lane_hosts *
lane_hosts_of(struct lane *l, struct host_set *set)
{
	struct table_node *n = table_first(&l->hosts, set_hash(set));

	return n != NULL ? TABLE_OF(n, struct lane_hosts, by_set) : lane_hosts_new(l, set);
}

struct lane_hosts *
lane_hosts_of_item(const struct draw_item *i)
{
	return (struct lane_hosts *)(void *)((char *)draw_set_of(i) -
					     offsetof(struct lane_hosts, waiting));
}

/* ---- waking ---- */

static void
unlist(struct lane_hosts *h)
{
	if (h->listed == LANE_HOSTS_WOKEN)
		TAILQ_REMOVE(&h->lane->woken_hosts, h, link);
	else if (h->listed == LANE_HOSTS_HELD)
		TAILQ_REMOVE(&h->lane->held_hosts, h, link);
	else if (h->listed == LANE_HOSTS_STALLED)
		TAILQ_REMOVE(lanes_stalled(), h, link);
	h->listed = LANE_HOSTS_ASLEEP;
}

void
lane_hosts_wake(struct lane_hosts *h)
{
	lane_wake(h->lane);
	if (h->listed == LANE_HOSTS_WOKEN)
		return;
	unlist(h);
	h->listed = LANE_HOSTS_WOKEN;
	TAILQ_INSERT_TAIL(&h->lane->woken_hosts, h, link);
}

void
lane_hosts_hold(struct lane_hosts *h)
{
	if (h->listed != LANE_HOSTS_ASLEEP)
		return;
	h->listed = LANE_HOSTS_HELD;
	TAILQ_INSERT_TAIL(&h->lane->held_hosts, h, link);
}

void
lane_hosts_stalled(struct lane_hosts *h)
{
	unlist(h);
	h->listed = LANE_HOSTS_STALLED;
	TAILQ_INSERT_TAIL(lanes_stalled(), h, link);
}

struct lane_hosts *
lane_hosts_next(struct lane *l)
{
	struct lane_hosts *h = TAILQ_FIRST(&l->woken_hosts);

	if (h != NULL)
		unlist(h);
	return h;
}

bool
lane_hosts_done(struct lane_hosts *h)
{
	struct queued *q = lane_queued(h->lane);

	if (h->waiting.n > 0 &&
	    h->backoff_ms > loop_now_ms()) /* it slept longer while nothing waited */
		schedule_set(&q->schedule, &h->due, h->backoff_ms);
	if (h->waiting.n > 0 || h->sessions_n > 0 || h->listed == LANE_HOSTS_WOKEN)
		return false;
	if (h->failures > 0 && h->backoff_ms + KEPT_MS > loop_now_ms()) {
		schedule_set(&q->schedule, &h->due, h->backoff_ms + KEPT_MS);
		return false;
	}
	unlist(h);
	lane_hosts_release(h);
	schedule_clear(&q->schedule, &h->due);
	table_remove(&h->lane->hosts, &h->by_set);
	host_set_drop(domains_sets(q->domains), h->set);
	free(h);
	return true;
}

/* ---- how it is doing ---- */

bool
lane_hosts_want(const struct lane_hosts *h)
{
	if (h->backoff_ms > loop_now_ms())
		return false;
	if (h->failures > 0 && h->sessions_n > 0)
		return false; /* one try at a time until it answers again */
	return h->connecting_n * SESSION_AHEAD < h->waiting.n && h->sessions_n < h->allowed;
}

bool
lane_hosts_stand(const struct lane_hosts *h)
{
	return h->sessions_n > h->connecting_n;
}

bool
lane_hosts_away(const struct lane_hosts *h)
{
	return !lane_hosts_stand(h) && h->failures > 1 && h->backoff_ms > loop_now_ms();
}

static char *
copy_of(struct span s)
{
	char *p = strndup(s.n > 0 ? s.p : "", s.n < ADAPT_REASON_MAX ? s.n : ADAPT_REASON_MAX);

	if (p == NULL)
		fatal("out of memory for a failure");
	return p;
}

static void
failure_clear(struct lane_failure *f)
{
	free(f->text);
	free(f->words);
	*f = (struct lane_failure){ 0 };
}

static void
failure_set(struct lane_failure *f, const struct deliver_closed *c, struct span words)
{
	failure_clear(f);
	f->stage = c->stage == STAGE_IDLE ? STAGE_EHLO : c->stage; /* it let us in, and out again */
	f->cause = c->cause;
	f->code = c->code;
	snprintf(f->enhanced, sizeof(f->enhanced), "%.*s", SPAN(span_first(c->enhanced, 15)));
	f->text = copy_of(c->text);
	f->words = copy_of(words);
}

bool
lane_hosts_failed(struct lane_hosts *h, const struct deliver_closed *c, struct span words)
{
	struct queued *q = lane_queued(h->lane);
	uint64_t wait = BACKOFF_FIRST_MS;

	failure_set(&h->failure, c, words);
	if (h->backoff_ms > loop_now_ms())
		return false;
	for (unsigned i = 0; i < h->failures && wait < BACKOFF_MOST_MS; i++)
		wait *= 2;
	if (wait > BACKOFF_MOST_MS)
		wait = BACKOFF_MOST_MS;
	wait -= arc4random_uniform((uint32_t)wait / BACKOFF_JITTER);
	if (h->failures++ == 0)
		h->lane->failing_n++;
	h->allowed = ALLOWED_FIRST;
	h->backoff_ms = loop_now_ms() + wait;
	if (h->failures == FAILURES_TO_TELL)
		events_lane_hosts(q->events, h, "unreachable");
	schedule_set(&q->schedule, &h->due, h->backoff_ms);
	lane_hosts_wake(h);
	return true;
}

void
lane_hosts_release(struct lane_hosts *h)
{
	if (h->failures > 0)
		h->lane->failing_n--;
	h->failures = 0;
	h->backoff_ms = 0;
	h->telling = false;
	h->untold = 0;
	failure_clear(&h->failure);
}

void
lane_hosts_stood(struct lane_hosts *h)
{
	uint32_t stand = h->sessions_n - h->connecting_n;

	if (h->failures == 0 && h->allowed <= stand)
		h->allowed = stand + 1;
}

void
lane_hosts_answered(struct lane_hosts *h)
{
	if (h->failures >= FAILURES_TO_TELL)
		events_lane_hosts(lane_queued(h->lane)->events, h, "reached");
	lane_hosts_release(h);
	if (h->allowed < ALLOWED_MOST)
		h->allowed += ALLOWED_MORE;
}
