#include "aside.h"
#include "doing.h"
#include "events.h"
#include "final.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "peer_bouncd.h"
#include "peer_deliverd.h"
#include "pool.h"
#include "queued.h"
#include "settle.h"
#include "verdict.h"

#include <stdio.h>

#define ASIDE "set aside: "

static bool
is_as_good_as_ended(const struct delivery *d)
{
	return d->state == DELIVERY_NOTICE || d->state == DELIVERY_ENDING ||
	       d->state == DELIVERY_ENDED;
}

/* What belongs to the state it leaves ends with it: nobody keeps a reference to one that may end. Most have left already. */
static void
leave(struct queued *q, struct delivery *d, enum delivery_state to)
{
	bool sent = to == DELIVERY_SENDING || to == DELIVERY_REWRITING;

	if (d->transaction != NULL && !sent)
		(void)transaction_take(q->pool, d->transaction, d->index);
	lane_take_out(d);
	peer_bouncd_forget(q->bouncd, d);
	schedule_clear(&q->schedule, &d->due);
}

static void
story(struct queued *q, const struct delivery *d, const char *why)
{
	log_begin(LOG_LEVEL_ERROR, "set-aside");
	log_kvs("id", id_text(d->message->envelope->id).c);
	log_num("rcpt", d->index);
	log_kvs("state", delivery_state_name(d->state));
	log_kvs("why", why);
	log_end();
	events_aside(q->events, d, why);
}

void
aside_put(struct queued *q, struct delivery *d, const char *why)
{
	char text[400];
	struct deliver_result r = {
		.outcome = OUTCOME_LOST, .stage = STAGE_IDLE, .enhanced = SPAN_LIT("4.3.0")
	};

	story(q, d, why);
	if (is_as_good_as_ended(d))
		return;
	if (d->state == DELIVERY_ROUTING)
		domain_unwait(d);
	leave(q, d, DELIVERY_HELD);
	snprintf(text, sizeof(text), ASIDE "%s", why);
	r.text = span_str(text);
	delivery_attempt(d, &r, loop_wall_ms());
	delivery_judged(d, CLASS_SOFT, CATEGORY_SYSTEM, ADVICE_NONE, 0, r.enhanced, r.text);
	delivery_hold(d);
	settle_held(q, d);
	worker_settled(d);
}

/* Back from whoever had it, before anybody else gets it. */
static bool
would_wait(const struct delivery *d, enum delivery_state to)
{
	switch (to) {
	case DELIVERY_NEW:
	case DELIVERY_ROUTING:
	case DELIVERY_LANE:
	case DELIVERY_DEFERRED:
	case DELIVERY_PAUSED:
		return true;
	case DELIVERY_SENDING:
		return d->state == DELIVERY_REWRITING;
	default:
		return false;
	}
}

static void
follow_order(struct queued *q, struct delivery *d)
{
	enum delivery_order order = d->order;

	d->order = ORDER_NONE;
	if (order == ORDER_DROP)
		final_drop(q, d);
	else if (aside_move(q, d, DELIVERY_HELD)) {
		settle_held(q, d);
		worker_settled(d);
	}
}

bool
aside_move(struct queued *q, struct delivery *d, enum delivery_state to)
{
	char why[160];

	if (d->order != ORDER_NONE && would_wait(d, to)) {
		follow_order(q, d);
		return false;
	}
	if (delivery_may(d->state, to))
		leave(q, d, to);
	if (delivery_move(d, to))
		return true;
	snprintf(why, sizeof(why), "from \"%s\" to \"%s\" is not a way a delivery can go",
	    delivery_state_name(d->state), delivery_state_name(to));
	aside_put(q, d, why);
	return false;
}

bool
aside_unless(struct queued *q, struct delivery *d, unsigned where, const char *what)
{
	char why[160];

	if (where & 1u << d->state)
		return true;
	snprintf(why, sizeof(why), "%s, while it was \"%s\"", what, delivery_state_name(d->state));
	aside_put(q, d, why);
	return false;
}

bool
aside_is(const struct delivery *d)
{
	return d->last != NULL && span_starts(d->last->text, ASIDE);
}

void
aside_if_deadly(struct queued *q, struct message *m)
{
	char why[160];
	const char *what;
	unsigned deaths = doing_deaths(m->envelope->id, &what);

	if (deaths < DOING_SET_ASIDE)
		return;
	snprintf(why, sizeof(why), "the queue manager died %u times while %s", deaths, what);
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		if (m->deliveries[i].state != DELIVERY_ENDED &&
		    m->deliveries[i].state != DELIVERY_HELD)
			aside_put(q, &m->deliveries[i], why);
}
