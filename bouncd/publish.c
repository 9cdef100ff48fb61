#include "publish.h"
#include "bulk.h"
#include "err.h"
#include "group.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"

enum {
	LOOK_MS = 2000,
	GO_ON_MS = 1,
	FAILED_MS = 60 * 1000,
	SMALL = 1000 * 1000, /* entries: merged for the sake of one that expired */
	LARGE_EVERY_S = 3600,
	SWEEP_EVERY_S = 60,
};

static struct {
	struct timer *timer;
	uint64_t merge_ms, sweep_ms; /* not before, on the clock that never jumps */
} upkeep;

static void
change_put(void *arg, uint64_t published, bool suppressed)
{
	publish_change(arg, published, suppressed);
}

void
publish_list(struct bouncd *b)
{
	struct siphash_key key = suppression_key(b->list);
	struct bounce_list l = { .seed = key.k0, .seed2 = key.k1 };
	struct err err = { "" };

	if (b->queued == NULL)
		return;
	l.fd = suppression_hashes(b->list, &l.count);
	if (l.count > 0 && l.fd == -1) {
		log_error("list-not-published", "why=\"no descriptor\"");
		return;
	}
	bounce_list_put(b->queued, &l);
	if (suppression_changes(b->list, change_put, b, &err) == -1)
		log_error("list-not-published", "why=\"%s\"", err.text);
}

void
publish_change(struct bouncd *b, uint64_t published, bool suppressed)
{
	if (b->queued != NULL)
		bounce_change_put(b->queued, &(struct bounce_change){ published, suppressed });
}

/* ---- upkeep ---- */

/* A large list is not written anew for each that expires: until then a hit is confirmed and denied. */
static uint64_t
expiry_looked_at(struct bouncd *b, uint64_t now_s)
{
	return suppression_count(b->list) < SMALL || loop_now_ms() >= upkeep.merge_ms ? now_s : 0;
}

static void
sweep(struct bouncd *b, uint64_t now_s)
{
	uint32_t today = (uint32_t)(now_s / 86400);
	struct err err = { "" };

	if (loop_now_ms() < upkeep.sweep_ms)
		return;
	upkeep.sweep_ms = loop_now_ms() + SWEEP_EVERY_S * 1000;
	if (suppression_counts_sweep(b->list, policy_keeps_from(&b->policy, today), &err) == -1)
		log_error("not-swept", "why=\"%s\"", err.text);
}

static void
ended(struct bouncd *b, int r, const struct err *err)
{
	if (r == 1) {
		log_info(
		    "list-merged", "entries=%llu", (unsigned long long)suppression_count(b->list));
		publish_list(b);
	} else
		log_error("list-not-merged", "why=\"%s\"", err->text);
	bulk_go_on(b);
}

static void
on_timer(void *ctx)
{
	struct bouncd *b = ctx;
	uint64_t now_s = loop_wall_ms() / 1000;
	struct err err = { "" };
	int r = 0;

	(void)group_close(b, NULL);
	if (suppression_merging(b->list) ||
	    suppression_merge_due(b->list, expiry_looked_at(b, now_s))) {
		upkeep.merge_ms = loop_now_ms() + LARGE_EVERY_S * 1000;
		r = suppression_merge_step(b->list, now_s, &err);
		if (r != 0)
			ended(b, r, &err);
	} else
		sweep(b, now_s);
	timer_set_ms(upkeep.timer, r == -1                        ? FAILED_MS
				   : suppression_merging(b->list) ? GO_ON_MS
								  : LOOK_MS);
}

void
publish_soon(struct bouncd *b)
{
	(void)b;
	timer_set_ms(upkeep.timer, GO_ON_MS);
}

void
publish_start(struct bouncd *b)
{
	upkeep.timer = timer_new(on_timer, b);
	timer_set_ms(upkeep.timer, GO_ON_MS);
}
