/* hold, release, retry, drop, bounce, expire, recover: what operators do to deliveries that wait, in memory or on disk. */
#include "control.h"
#include "control_verbs.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "selection.h"
#include "storage.h"
#include "store.h"

#include <stdlib.h>
#include <sysexits.h>

enum { HELD_BY_FILE = 5000 }; /* some seconds of work */

struct act {
	const char *verb;
	enum course_act (*fn)(struct queued *, struct delivery *);
	bool (*record)(struct queued *, const struct store_wait *, void *ctx);
	bool (*may)(struct queued *);
	unsigned done, records; /* of these, on disk alone */
	unsigned later;         /* somebody has them in hand */
};

/* An answer that is given once what it says is on disk. */
struct answer {
	struct control_call *call;
	unsigned done, later;
};

static void
on_settled(void *ctx)
{
	struct answer *a = ctx;

	control_row(a->call);
	control_num(a->call, "count", a->done);
	if (a->later > 0)
		control_num(a->call, "in_flight", a->later);
	control_row_end(a->call);
	control_end(a->call);
	free(a);
}

static void
answer_settled(struct queued *q, struct control_call *c, unsigned done, unsigned later)
{
	struct answer *a = malloc(sizeof(*a));

	if (a == NULL)
		fatal("out of memory for an answer");
	*a = (struct answer){ c, done, later };
	store_settled(q->store, on_settled, a);
}

static void
act_on(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct act *a = ctx;

	events_admin(q->events, a->verb, control_actor(c), d, control_arg(c, "reason"));
	switch (a->fn(q, d)) {
	case ACT_DONE:
		a->done++;
		break;
	case ACT_LATER:
		a->later++;
		break;
	case ACT_NOT:
		break;
	}
}

static bool
record_done(struct act *a)
{
	a->done++;
	a->records++;
	return true;
}

/* While there is room it is read back and goes at once; then the lanes drain what is due, in order. */
static bool
retry_record(struct queued *q, const struct store_wait *w, void *ctx)
{
	struct store_wait now = *w;

	if (w->held || w->paused)
		return true;
	now.next_ms = loop_wall_ms();
	now.given_up = false;
	return storage_is_crowded(q) && store_record(q->store, &now) && record_done(ctx);
}

/* Before that no held message is over. */
static uint64_t
expire_least_ms(const struct queued_conf *c)
{
	uint64_t least_s = c->streams[0].retry.expire_s;

	for (size_t i = 1; i < c->streams_n; i++)
		if (c->streams[i].retry.expire_s < least_s)
			least_s = c->streams[i].retry.expire_s;
	return least_s * 1000;
}

/* The first are read and their files moved, which an index that is lost cannot undo. What is much more than that is held by its
 * record alone, or it would take minutes. It comes back once it may be over, and is looked at. */
static bool
hold_record(struct queued *q, const struct store_wait *w, void *ctx)
{
	struct store_wait held = *w;
	struct act *a = ctx;

	if (w->held)
		return true;
	held.held = true;
	held.paused = held.parked = held.given_up = false;
	held.next_ms = id_time_ms(w->id) + expire_least_ms(q->conf);
	return a->done >= HELD_BY_FILE && !w->given_up && store_record(q->store, &held) &&
	       record_done(a);
}

/* Of one whose file is in hold/ that has to be moved, and so it is read. */
static bool
release_record(struct queued *q, const struct store_wait *w, void *ctx)
{
	struct store_wait now = *w;

	if (!w->held)
		return true;
	now.held = false;
	now.next_ms = loop_wall_ms();
	return storage_is_crowded(q) && !store_is_held(q->store, w->id) &&
	       store_record(q->store, &now) && record_done(ctx);
}

static void
on_acted(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	struct act *a = ctx;

	if (a->records > 0)
		events_admin_many(
		    q->events, a->verb, control_actor(c), a->records, control_arg(c, "reason"));
	if (found == 0)
		control_error(c, 1, "nothing in the queue fits");
	else if (a->done + a->later == 0)
		control_error(c, 1, "none of the %u that fit can be: see their state", found);
	else
		answer_settled(q, c, a->done, a->later);
	free(a);
}

static void
on_shown(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	(void)ctx;
	if (found == 0)
		control_error(c, 1, "nothing in the queue fits");
	else
		answer_settled(q, c, found, 0);
}

static void
show(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	(void)ctx;
	control_delivery(q, c, d);
}

static void
act(struct selection *s, const struct act *how)
{
	const struct selection_use use = { .each = act_on,
		.done = on_acted,
		.record = how->record,
		.may = how->may,
		.changes = true,
		.tells = true };
	struct act *a = malloc(sizeof(*a));

	if (a == NULL)
		fatal("out of memory for a command");
	*a = *how;
	selection_walk(s, UINT32_MAX, &use, a);
}

/* What acts refuses an empty selector, unless "all" is said; with dry_run it only shows. */
static void
acting(struct queued *q, struct control_call *c, const struct act *how)
{
	static const struct selection_use shown = { .each = show, .done = on_shown };
	struct selection *s = selection_new(q, c);

	if (s == NULL)
		return;
	if (selection_is_empty(s) && !control_arg_bool(c, "all")) {
		control_error(c, EX_USAGE,
		    "%s needs a message id, an address, a tenant, a site or another selector, or "
		    "all",
		    how->verb);
		selection_free(s);
	} else if (control_arg_bool(c, "dry_run"))
		selection_walk(s, CONTROL_LIST_MOST, &shown, NULL);
	else
		act(s, how);
}

void
verb_hold(void *ctx, struct control_call *c)
{
	acting(ctx, c, &(struct act){ .verb = "hold", .fn = course_hold, .record = hold_record });
}

void
verb_release(void *ctx, struct control_call *c)
{
	acting(ctx, c,
	    &(struct act){ .verb = "release", .fn = course_release, .record = release_record });
}

void
verb_retry(void *ctx, struct control_call *c)
{
	acting(
	    ctx, c, &(struct act){ .verb = "retry", .fn = course_retry, .record = retry_record });
}

static bool
may_end(struct queued *q)
{
	return !events_behind(q->events);
}

static void
ending(struct queued *q, struct control_call *c, const char *verb,
    enum course_act (*fn)(struct queued *, struct delivery *))
{
	if (events_behind(q->events))
		control_error(c, EX_TEMPFAIL,
		    "the event file cannot be written: what ends now could not be told");
	else
		acting(q, c, &(struct act){ .verb = verb, .fn = fn, .may = may_end });
}

void
verb_drop(void *ctx, struct control_call *c)
{
	ending(ctx, c, "drop", course_drop);
}

void
verb_bounce(void *ctx, struct control_call *c)
{
	ending(ctx, c, "bounce", course_bounce);
}

void
verb_expire(void *ctx, struct control_call *c)
{
	ending(ctx, c, "expire", course_expire);
}

static int
whole_id(struct control_call *c, const char *verb, struct id *id)
{
	struct id last;

	if (id_prefix(control_arg(c, "id"), id, &last) == 0 && id_eq(*id, last))
		return 0;
	control_error(c, EX_USAGE, "%s needs the whole id of a message", verb);
	return -1;
}

/* Back from corrupt/, or once more what could not be read. */
void
verb_recover(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct message *m;
	struct err err;
	struct id id;

	if (whole_id(c, "recover", &id) == -1)
		return;
	if (message_find(&q->messages, id) != NULL) {
		control_error(c, 1, "%s is in the queue", id_text(id).c);
		return;
	}
	if (store_recover(q->store, id, &err) == -1) {
		control_error(c, 1, "%s: %s", id_text(id).c, err.text);
		return;
	}
	m = storage_bring(q, id);
	if (m == NULL) {
		control_error(c, EX_IOERR, "%s cannot be read", id_text(id).c);
		return;
	}
	events_admin(
	    q->events, "recover", control_actor(c), &m->deliveries[0], control_arg(c, "reason"));
	answer_settled(q, c, m->open, 0);
}

/* A lane as configured again: suspension, cuts and back-off forgotten. */
void
verb_lane_release(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct span site = control_arg(c, "site");
	unsigned n = 0;

	for (struct lane *l = lanes_each(q->lanes, NULL); l != NULL; l = lanes_each(q->lanes, l))
		if (site.n > 0 && site_fits(l->site, site)) {
			lane_release(l);
			course_lane_released(q, l);
			n++;
		}
	events_admin(q->events, "lane-release", control_actor(c), NULL, control_arg(c, "reason"));
	if (n == 0)
		control_error(c, 1, "no lane leads to \"%.*s\"", SPAN(site));
	else
		control_end(c);
}
