/* What stops and lets go deliveries that wait: operators, tenants that are paused, lanes that are released (course.h). */
#include "course.h"
#include "aside.h"
#include "doing.h"
#include "final.h"
#include "lane.h"
#include "loop.h"
#include "queued.h"
#include "settle.h"
#include "storage.h"
#include "store.h"

/* ---- tenants and lanes that were stopped ---- */

typedef void on_waiting(struct queued *, struct delivery *, const void *whom);

/* A delivery may end in its call: what comes next is looked up before. */
static void
each_open(struct queued *q, on_waiting *fn, const void *whom)
{
	struct table_node *n = table_each(&q->messages.by_id, NULL), *next;

	for (; n != NULL; n = next) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		next = table_each(&q->messages.by_id, n);
		for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
			fn(q, &m->deliveries[i], whom);
	}
}

static bool
is_of(const struct delivery *d, const struct span *tenant)
{
	return span_eq_nocase(d->message->envelope->tenant, *tenant);
}

static void
stop_one(struct queued *q, struct delivery *d, const void *tenant)
{
	if (d->state != DELIVERY_LANE || d->item.in == NULL || !is_of(d, tenant) ||
	    d->message->envelope->is_notice)
		return;
	lane_take_out(d);
	if (!settle_if_paused(q, d)) /* released in between, or a pause that is none */
		lane_put(d->lane, d->hosts->set, d);
}

void
course_tenant_paused(struct queued *q, struct span tenant)
{
	each_open(q, stop_one, &tenant);
}

static void
stop_bulk(struct queued *q, struct delivery *d, const void *whom)
{
	(void)whom;
	if (d->state != DELIVERY_LANE || d->item.in == NULL || !settle_is_bulk(d))
		return;
	lane_take_out(d);
	(void)settle_if_paused(q, d);
}

void
course_list_lost(struct queued *q)
{
	each_open(q, stop_bulk, NULL);
}

static void
begin_again(struct queued *q, struct delivery *d)
{
	schedule_clear(&q->schedule, &d->due);
	if (aside_move(q, d, DELIVERY_NEW))
		course_begin(q, d);
}

void
course_unpark(struct queued *q, const struct parked *e)
{
	struct message *m = storage_bring(q, e->id);
	struct delivery *d;

	if (m == NULL || e->index >= m->envelope->rcpts_n)
		return;
	d = &m->deliveries[e->index];
	if (d->state == DELIVERY_DEFERRED && d->parked && d->next_ms == e->next_ms)
		begin_again(q, d);
}

static void
go_of_tenant(struct queued *q, struct delivery *d, const void *tenant)
{
	bool away = d->state == DELIVERY_DEFERRED && d->away;

	if ((d->state == DELIVERY_PAUSED || away) && is_of(d, tenant))
		begin_again(q, d);
}

void
course_tenant_released(struct queued *q, struct span tenant)
{
	each_open(q, go_of_tenant, &tenant);
}

static void
go_of_bulk(struct queued *q, struct delivery *d, const void *whom)
{
	(void)whom;
	if (d->state == DELIVERY_PAUSED && settle_is_bulk(d))
		begin_again(q, d);
}

void
course_list_restored(struct queued *q)
{
	each_open(q, go_of_bulk, NULL);
}

static void
go_of_lane(struct queued *q, struct delivery *d, const void *lane)
{
	if (d->state == DELIVERY_DEFERRED && d->away && d->lane == lane)
		begin_again(q, d);
}

void
course_lane_released(struct queued *q, struct lane *l)
{
	each_open(q, go_of_lane, l);
}

static void
look_again(struct queued *q, struct delivery *d, const void *nobody)
{
	(void)nobody;
	if (d->state == DELIVERY_LANE && d->item.in != NULL)
		(void)course_moved(q, d);
}

void
course_conf(struct queued *q)
{
	each_open(q, look_again, NULL);
}

/* ---- operators ---- */

/* Out of wherever it waits; false: somebody has it in hand, and will say what became of it. */
static bool
pulled(struct queued *q, struct delivery *d)
{
	switch (d->state) {
	case DELIVERY_ROUTING:
		domain_unwait(d);
		return true;
	case DELIVERY_LANE:
		lane_take_out(d);
		return true;
	case DELIVERY_DEFERRED:
	case DELIVERY_PAUSED:
	case DELIVERY_HELD:
		schedule_clear(&q->schedule, &d->due);
		return true;
	case DELIVERY_NEW:
	case DELIVERY_CONFIRM: /* an answer that comes late is nobody's */
		return true;
	default:
		return false;
	}
}

/* It cannot be taken back from whoever has it in hand. If it comes back, the order is followed. */
static enum course_act
ordered(struct queued *q, struct delivery *d, enum delivery_order order)
{
	switch (d->state) {
	case DELIVERY_REWRITING:
	case DELIVERY_SENDING:
	case DELIVERY_VERDICT:
	case DELIVERY_RETURNED:
		d->order = (uint8_t)order;
		settle_ordered(q, d);
		return ACT_LATER;
	default:
		return ACT_NOT;
	}
}

enum course_act
course_hold(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_OPERATED);

	if (d->state == DELIVERY_HELD)
		return ACT_NOT;
	if (!pulled(q, d))
		return ordered(q, d, ORDER_HOLD);
	if (aside_move(q, d, DELIVERY_HELD))
		settle_held(q, d);
	return ACT_DONE;
}

/* As many at once as there is room for; the others have their turn as it is free again. */
static void
set_free(struct queued *q, struct delivery *d)
{
	if (storage_is_crowded(q)) {
		settle_due_now(q, d);
		return;
	}
	settle_freed(q, d);
	course_begin(q, d);
}

static enum course_act
unordered(struct queued *q, struct delivery *d)
{
	d->order = ORDER_NONE;
	settle_freed(q, d);
	return ACT_DONE;
}

enum course_act
course_release(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_OPERATED);

	if (d->order == ORDER_HOLD)
		return unordered(q, d);
	if (d->state != DELIVERY_HELD)
		return ACT_NOT;
	if (d->message->held)
		store_hold(q->store, d->message->envelope->id, false);
	d->message->held = false;
	doing_forgive(d->message->envelope->id);
	schedule_clear(&q->schedule, &d->due);
	if (aside_move(q, d, DELIVERY_NEW))
		set_free(q, d);
	return ACT_DONE;
}

/* It stands in its lane, whose hosts could not be reached. */
static void
try_now(struct delivery *d)
{
	d->immediate = true;
	lane_take_out(d);
	lane_put(d->lane, d->hosts->set, d);
	lane_probe(d->lane, d);
}

enum course_act
course_retry(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_OPERATED);

	if (d->state == DELIVERY_LANE && d->unreached) {
		try_now(d);
		return ACT_DONE;
	}
	if (d->state != DELIVERY_DEFERRED)
		return ACT_NOT;
	schedule_clear(&q->schedule, &d->due);
	d->immediate = true;
	d->given_up = false;
	if (aside_move(q, d, DELIVERY_NEW))
		set_free(q, d);
	return ACT_DONE;
}

enum course_act
course_drop(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_OPERATED);

	if (!pulled(q, d))
		return ordered(q, d, ORDER_DROP);
	final_drop(q, d);
	return ACT_DONE;
}

/* The words of the notice say who ended it; what the servers said before stands in the log and the events. */
static enum course_act
give_up(struct queued *q, struct delivery *d, enum final_kind k, const struct deliver_result *r)
{
	DOING(d, DOING_OPERATED);

	if (!pulled(q, d))
		return ACT_NOT;
	if (k == FINAL_EXPIRED && d->last != NULL) { /* by the last answer, as ever */
		settle_given_up(q, d, k);
		return ACT_DONE;
	}
	delivery_attempt(d, r, loop_wall_ms());
	delivery_judged(d, CLASS_SOFT, CATEGORY_POLICY, ADVICE_NONE, 0, r->enhanced, r->text);
	settle_given_up(q, d, k);
	return ACT_DONE;
}

enum course_act
course_bounce(struct queued *q, struct delivery *d)
{
	return give_up(q, d, FINAL_BOUNCED,
	    &(struct deliver_result){ .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.enhanced = SPAN_LIT("5.7.1"),
		.text = SPAN_LIT("the postmaster of this relay sent it back") });
}

enum course_act
course_expire(struct queued *q, struct delivery *d)
{
	return give_up(q, d, FINAL_EXPIRED,
	    &(struct deliver_result){ .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.enhanced = SPAN_LIT("4.4.7"),
		.text = SPAN_LIT("the postmaster of this relay gave up before it was tried") });
}

enum course_act
course_undrop(struct queued *q, struct delivery *d)
{
	struct message *m = d->message;
	DOING(d, DOING_OPERATED);

	if (d->state != DELIVERY_ENDED || d->final != FINAL_DROPPED ||
	    !store_reopen(q->store, m->envelope->id, d->index))
		return ACT_NOT;
	delivery_reopen(d);
	d->final = FINAL_DELIVERED; /* as a new one has it */
	m->open++;
	q->messages.deliveries++;
	course_begin(q, d);
	return ACT_DONE;
}
