#include "publish.h"
#include "bulk.h"
#include "disk.h"
#include "err.h"
#include "group.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"
#include "thread.h"

#include <stdlib.h>

enum {
	LOOK_MS = 2000,
	GO_ON_MS = 1,
	FAILED_MS = 60 * 1000,
	SMALL = 1000 * 1000, /* entries: merged for the sake of one that expired */
	LARGE_EVERY_S = 3600,
	SWEEP_EVERY_S = 60,
	/* What changed is merged for the sake of the second copy: at most so often, and no more than some hundred kilobytes a
	 * second of a large list. */
	COPY_EVERY_S = 60,
	COPY_ENTRIES_S = 10000,
	STOP_ENTRIES = 100 * 1000, /* some milliseconds of work, and some syncs */
};

static struct {
	struct timer *timer;
	uint64_t merge_ms, sweep_ms, copy_ms; /* not before, on the clock that never jumps */
	bool asked;                           /* the disk, or it is there */
	bool copying;
	void (*stopped)(struct bouncd *, void *unused); /* NULL: no end is near */
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
	const char *lost = suppression_lost(b->list);
	struct bounce_list l = { .seed = key.k0,
		.seed2 = key.k1,
		.lost = lost == NULL ? span_of(NULL, 0) : span_str(lost) };
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
sweep_turn(struct bouncd *b, void *unused)
{
	uint32_t today = (uint32_t)(loop_wall_ms() / 86400000);
	struct err err = { "" };

	(void)unused;
	if (group_open(b, &err) == -1 ||
	    suppression_counts_sweep(b->list, policy_keeps_from(&b->policy, today), &err) == -1)
		log_error("not-swept", "why=\"%s\"", err.text);
}

static void
sweep(struct bouncd *b)
{
	if (loop_now_ms() < upkeep.sweep_ms)
		return;
	upkeep.sweep_ms = loop_now_ms() + SWEEP_EVERY_S * 1000;
	group_between(b, sweep_turn, NULL);
}

/* ---- the end ---- */

/* The merge that is wanted, and the copy behind it; then the last group. */
static void
stop_go_on(struct bouncd *b, bool failed)
{
	if (upkeep.stopped == NULL || upkeep.copying)
		return;
	if (!failed && (suppression_merging(b->list) || suppression_merge_due(b->list, 0)))
		timer_set_ms(upkeep.timer, GO_ON_MS);
	else {
		group_between(b, upkeep.stopped, NULL);
		upkeep.stopped = NULL; /* once */
	}
}

/* ---- the second copy ---- */

/* Written in a thread of its own: it takes as long as the disk does. */
struct copying {
	struct work work;
	struct bouncd *bouncd;
	struct suppression_copy *copy;
	int result;
	struct err err;
};

static void
copy_run(struct work *w)
{
	struct copying *c = (struct copying *)w;

	c->result = suppression_copy_write(c->copy, &c->err);
}

static void
copy_done(struct work *w)
{
	struct copying *c = (struct copying *)w;

	if (c->result == -1)
		log_error("list-not-copied", "why=\"%s\"", c->err.text);
	suppression_copy_free(c->bouncd->list, c->copy);
	upkeep.copying = false;
	stop_go_on(c->bouncd, c->result == -1);
	free(c);
}

static void
copy_begin(struct bouncd *b)
{
	static struct thread *thread;
	struct suppression_copy *copy = suppression_copy_new(b->list);
	struct copying *c;

	if (copy == NULL)
		return;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fatal("out of memory for a copy of the suppression list");
	*c = (struct copying){
		.work = { .run = copy_run, .done = copy_done }, .bouncd = b, .copy = copy
	};
	if (thread == NULL)
		thread = thread_new("copy");
	upkeep.copying = true;
	thread_push(thread, &c->work);
}

/* ---- merging ---- */

static void
merge_for_copy(struct bouncd *b)
{
	uint64_t now_ms = loop_now_ms(), every_s = suppression_count(b->list) / COPY_ENTRIES_S;

	if (now_ms < upkeep.copy_ms || !suppression_changed(b->list))
		return;
	upkeep.copy_ms = now_ms + (every_s > COPY_EVERY_S ? every_s : COPY_EVERY_S) * 1000;
	suppression_merge_want(b->list);
}

static void
ended(struct bouncd *b, int r, const struct err *err)
{
	if (r == 1) {
		copy_begin(b);
		log_info(
		    "list-merged", "entries=%llu", (unsigned long long)suppression_count(b->list));
		publish_list(b);
	} else
		log_error("list-not-merged", "why=\"%s\"", err->text);
	bulk_go_on(b);
	stop_go_on(b, r == -1);
}

static void
stepped(struct bouncd *b, int r, const struct err *err)
{
	timer_set_ms(upkeep.timer, r == -1                        ? FAILED_MS
				   : suppression_merging(b->list) ? GO_ON_MS
								  : LOOK_MS);
	if (r != 0)
		ended(b, r, err);
}

/* ---- a merge's steps that wait for the disk ---- */

static void
merge_run(struct bouncd *b, void *unused)
{
	(void)unused;
	suppression_merge_run(b->list);
}

static void
merge_done(struct bouncd *b, void *unused)
{
	struct err err = { "" };

	(void)unused;
	upkeep.asked = false;
	stepped(b, suppression_merge_end(b->list, &err), &err);
}

static void
merge_turn(struct bouncd *b, void *unused)
{
	struct err err = { "" };

	(void)unused;
	if (suppression_merge_hand(b->list, &err) == 0) {
		disk_begin(b, merge_run, merge_done, NULL);
		return;
	}
	upkeep.asked = false;
	stepped(b, -1, &err);
}

static bool
is_due(struct bouncd *b)
{
	if (suppression_merging(b->list))
		return true;
	if (upkeep.stopped == NULL)
		merge_for_copy(b);
	return suppression_merge_due(b->list, expiry_looked_at(b, loop_wall_ms() / 1000));
}

static void
on_timer(void *ctx)
{
	struct bouncd *b = ctx;
	struct err err = { "" };

	if (upkeep.asked)
		return;
	if (!is_due(b)) {
		sweep(b);
		timer_set_ms(upkeep.timer, LOOK_MS);
		return;
	}
	upkeep.merge_ms = loop_now_ms() + LARGE_EVERY_S * 1000;
	if (suppression_merge_waits(b->list)) {
		upkeep.asked = true;
		group_between(b, merge_turn, NULL);
	} else
		stepped(b, suppression_merge_some(b->list, loop_wall_ms() / 1000, &err), &err);
}

void
publish_soon(struct bouncd *b)
{
	(void)b;
	timer_set_ms(upkeep.timer, GO_ON_MS);
}

void
publish_stop(struct bouncd *b, void (*then)(struct bouncd *, void *unused))
{
	upkeep.stopped = then;
	if (suppression_changed(b->list) && suppression_count(b->list) <= STOP_ENTRIES)
		suppression_merge_want(b->list);
	stop_go_on(b, suppression_count(b->list) > STOP_ENTRIES);
}

void
publish_start(struct bouncd *b)
{
	upkeep.timer = timer_new(on_timer, b);
	timer_set_ms(upkeep.timer, GO_ON_MS);
}
