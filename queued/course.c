#include "course.h"
#include "aside.h"
#include "bounce_token.h"
#include "content.h"
#include "doing.h"
#include "events.h"
#include "final.h"
#include "forward.h"
#include "lane.h"
#include "loop.h"
#include "notice.h"
#include "peer_bouncd.h"
#include "peer_deliverd.h"
#include "queued.h"
#include "session.h"
#include "settle.h"
#include "store.h"
#include "suppressed.h"

#include <bsd/stdlib.h>

enum {
	SUSPEND_S = 15 * 60, /* where the verdict names no time */
};

/* ---- setting out ---- */

void
course_set_out(struct queued *q, struct message *m)
{
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		if (m->deliveries[i].state == DELIVERY_NEW)
			course_begin(q, &m->deliveries[i]);
}

static void
unroutable(struct queued *q, struct delivery *d, const struct domain_answer *a)
{
	static const struct {
		const char *status;
		const char *text;
		enum category category;
	} said[] = {
		[RESOLVE_NO_DOMAIN] = { "5.1.2", "the domain does not exist", CATEGORY_BAD_DOMAIN },
		[RESOLVE_NULL_MX] = { "5.1.10", "the domain takes no mail (null MX)",
		    CATEGORY_BAD_DOMAIN },
		[RESOLVE_NO_HOST] = { "5.4.4", "the domain has no host that takes mail",
		    CATEGORY_BAD_DOMAIN },
		[RESOLVE_REFUSED] = { "5.4.4",
		    "the domain points to addresses that are not on the internet",
		    CATEGORY_BAD_DOMAIN },
		[RESOLVE_LOOP] = { "5.4.6", "mail for the domain would come back to us",
		    CATEGORY_BAD_DOMAIN },
		[RESOLVE_BAD_MX] = { "4.4.4", "the MX records of the domain name no host",
		    CATEGORY_BAD_DOMAIN },
		[RESOLVE_LATER] = { "4.4.3", "the domain cannot be looked up now",
		    CATEGORY_NETWORK },
	};
	enum resolve_status status = a->status < RESOLVE_LATER ? a->status : RESOLVE_LATER;
	bool later = status == RESOLVE_LATER || status == RESOLVE_BAD_MX;
	struct deliver_result r = { .outcome = OUTCOME_REPLIED,
		.stage = STAGE_CONNECT,
		.enhanced = span_str(said[status].status),
		.text = a->text.n > 0 ? a->text : span_str(said[status].text) };

	d->attempts++;
	delivery_attempt(d, &r, loop_wall_ms());
	delivery_judged(d, later || status == RESOLVE_LOOP ? CLASS_SOFT : CLASS_HARD,
	    (uint8_t)said[status].category, ADVICE_NONE, 0, r.enhanced, r.text);
	if (later)
		settle_deferred(q, d, 0);
	else
		settle_given_up(q, d, FINAL_BOUNCED);
}

static void
line_up(struct queued *q, struct delivery *d, const struct domain_answer *a)
{
	struct lane *l = lane_of(q->lanes, &q->conf->sources[0], a->site);

	if (settle_if_paused(q, d))
		return;
	if (!lane_has_room(l, d)) {
		lane_park(l, d);
		return;
	}
	if (!aside_move(q, d, DELIVERY_LANE))
		return;
	lane_put(l, a->hosts, d);
	if (d->immediate)
		lane_probe(l, d);
	else if (d->hosts->telling)
		course_hosts_away(q, d);
}

static void
take_way(
    struct queued *q, struct delivery *d, enum domain_found found, const struct domain_answer *a)
{
	switch (found) {
	case DOMAIN_FOUND:
		line_up(q, d, a);
		break;
	case DOMAIN_ASKED:
		if (d->state != DELIVERY_ROUTING && !aside_move(q, d, DELIVERY_ROUTING))
			domain_unwait(d);
		break;
	case DOMAIN_FAILED:
		unroutable(q, d, a);
		break;
	}
}

static void
route(struct queued *q, struct delivery *d)
{
	struct domain_answer a;
	enum domain_found found = domain_of(q->domains, d, &a);

	take_way(q, d, found, &a);
}

bool
course_moved(struct queued *q, struct delivery *d)
{
	struct domain_answer a;
	enum domain_found found = domain_of(q->domains, d, &a);

	if (found == DOMAIN_FOUND && a.site == d->lane->site && a.hosts == d->hosts->set)
		return false;
	lane_take_out(d);
	d->first = true;
	if (aside_move(q, d, DELIVERY_NEW))
		take_way(q, d, found, &a);
	else if (found == DOMAIN_ASKED)
		domain_unwait(d);
	return true;
}

static bool
is_suppressed_maybe(struct queued *q, struct delivery *d)
{
	const struct envelope *e = d->message->envelope;

	d->checked = suppressed_version(q->suppressed);
	return !e->is_notice &&
	       suppressed_maybe(q->suppressed, e->tenant, e->campaign, delivery_address(d));
}

static void
ask_what_it_means(struct queued *q, struct delivery *d)
{
	settle_untried(d, "its time was over before it was tried");
	if (aside_move(q, d, DELIVERY_VERDICT))
		peer_bouncd_reply(q->bouncd, d);
}

static void
ask_if_suppressed(struct queued *q, struct delivery *d)
{
	if (aside_move(q, d, DELIVERY_CONFIRM))
		peer_bouncd_confirm(q->bouncd, d);
}

void
course_begin(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_BEGUN);

	if (!aside_unless(q, d, 1u << DELIVERY_NEW, "it was to set out"))
		return;
	d->away = d->parked = false;
	if (d->message->held) {
		if (aside_move(q, d, DELIVERY_HELD))
			settle_held(q, d);
	} else if (d->given_up)
		ask_what_it_means(q, d);
	else if (conf_bounce_tenant(q->conf, delivery_domain(d)) != NULL ||
		 conf_is_feedback(q->conf, delivery_address(d))) {
		if (aside_move(q, d, DELIVERY_RETURNED))
			peer_bouncd_returned(q->bouncd, d);
	} else if (settle_if_paused(q, d))
		return;
	else if (is_suppressed_maybe(q, d))
		ask_if_suppressed(q, d);
	else
		route(q, d);
}

bool
course_recheck(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_CONFIRMED);

	if (!aside_unless(q, d, 1u << DELIVERY_LANE, "its turn came"))
		return false;
	if (d->checked >= suppressed_version(q->suppressed) || !is_suppressed_maybe(q, d))
		return false;
	ask_if_suppressed(q, d);
	return true;
}

void
course_routed(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_ROUTED);

	if (!aside_unless(q, d, 1u << DELIVERY_ROUTING, "the DNS answered"))
		return;
	route(q, d);
}

void
course_confirmed(struct queued *q, struct delivery *d, bool suppressed, const struct final_why *why)
{
	DOING(d, DOING_CONFIRMED);

	if (!aside_unless(q, d, 1u << DELIVERY_CONFIRM, "bouncd said whether it is suppressed"))
		return;
	d->checked = UINT64_MAX;
	if (suppressed)
		final_end_for(q, d, FINAL_SUPPRESSED, why);
	else
		route(q, d);
}

void
course_unconfirmed(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_CONFIRMED);

	if (!aside_unless(
		q, d, 1u << DELIVERY_CONFIRM, "bouncd did not say whether it is suppressed"))
		return;
	settle_deferred(q, d, 0);
}

void
course_returned(struct queued *q, struct delivery *d, const struct bounce_stored *s)
{
	DOING(d, DOING_RETURNED);

	if (!aside_unless(q, d, 1u << DELIVERY_RETURNED, "bouncd had read it"))
		return;
	if (s == NULL || !s->ok)
		settle_deferred(q, d, 0);
	else if (span_is(s->kind, "unreadable")) {
		store_corrupt(
		    q->store, d->message->envelope->id, "bouncd-parse died of it, again and again");
		final_end(
		    q, d, FINAL_DROPPED, SPAN_LIT("set aside: bouncd-parse died of reading it"));
	} else if (s->forward.n > 0)
		forward_begin(q, d, s->forward);
	else
		final_end(q, d, FINAL_DELIVERED, SPAN_LIT("bounce"));
}

void
course_forwarded(struct queued *q, struct delivery *d, enum forward_end how)
{
	DOING(d, DOING_RETURNED);

	if (!aside_unless(q, d, 1u << DELIVERY_RETURNED, "it was forwarded"))
		return;
	if (how == FORWARD_FAILED)
		settle_deferred(q, d, 0);
	else
		final_end(q, d, FINAL_DELIVERED,
		    how == FORWARD_DONE ? SPAN_LIT("forwarded") : SPAN_LIT("not forwarded"));
}

void
course_noticed(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_NOTICED);

	if (!aside_unless(q, d, 1u << DELIVERY_NOTICE, "its sender was told"))
		return;
	final_end(q, d, d->final, span_of(NULL, 0));
}

/* ---- results ---- */

bool
course_awaits_result(struct queued *q, struct delivery *d)
{
	(void)q;
	switch (d->state) {
	case DELIVERY_SENDING:
	case DELIVERY_REWRITING:
		return true;
	case DELIVERY_NEW:
	case DELIVERY_DEFERRED:
	case DELIVERY_PAUSED:
	case DELIVERY_HELD:
	case DELIVERY_LANE:
	case DELIVERY_ROUTING: /* fed by the queued before us */
		return d->transaction == NULL;
	default:
		return false;
	}
}

/* At a start a delivery may stand anywhere when its worker says that it has it. */
static bool
pulled_into_sending(struct queued *q, struct delivery *d)
{
	if (d->state == DELIVERY_SENDING || d->state == DELIVERY_REWRITING)
		return true;
	if (d->state == DELIVERY_ROUTING)
		domain_unwait(d);
	if (d->state == DELIVERY_HELD) /* the queued before us was told to hold or drop it */
		d->order = ORDER_HOLD;
	lane_take_out(d);
	schedule_clear(&q->schedule, &d->due);
	return aside_move(q, d, DELIVERY_SENDING);
}

/* Its turn had come: it goes to the front, of wherever its domain's mail goes now. */
static void
again_in_lane(struct queued *q, struct delivery *d)
{
	worker_settled(d);
	d->first = true;
	if (aside_move(q, d, DELIVERY_DEFERRED) && aside_move(q, d, DELIVERY_NEW))
		course_begin(q, d);
}

static void
delivered(struct queued *q, struct delivery *d, bool dsn)
{
	if (d->lane != NULL) {
		lane_clean(d->lane);
		ban_taken(&d->lane->bans, d->message->envelope->tenant);
	}
	settle_delivered(q, d, dsn);
}

void
course_result(struct queued *q, struct delivery *d, const struct deliver_result *r)
{
	DOING(d, DOING_RESULT);

	if (!pulled_into_sending(q, d))
		return;
	switch (r->outcome) {
	case OUTCOME_UNSENT:
		again_in_lane(q, d);
		return;
	case OUTCOME_NEEDS_7BIT:
		d->need_7bit = true;
		again_in_lane(q, d);
		return;
	default:
		break;
	}
	d->attempts++;
	delivery_attempt(d, r, loop_wall_ms());
	if (r->outcome == OUTCOME_DELIVERED)
		delivered(q, d, r->dsn);
	else if (r->outcome == OUTCOME_DAMAGED)
		settle_damaged(q, d);
	else if (d->result_worker == NULL)
		settle_deferred(q, d, 0); /* the worker is gone: no server said anything */
	else if (aside_move(q, d, DELIVERY_VERDICT))
		peer_bouncd_reply(q->bouncd, d);
}

void
course_stray(struct queued *q, struct worker *w, const struct deliver_result *r, struct delivery *d)
{
	struct delivery nobody = {
		.result_worker = w, .result_life = w->life, .result_number = r->number
	};

	(void)q;
	if (d != NULL &&
	    (d->state == DELIVERY_VERDICT || d->state == DELIVERY_ENDING ||
		d->state == DELIVERY_NOTICE) &&
	    d->result_worker == w && d->result_number == r->number)
		return; /* said twice: settled once */
	worker_settled(&nobody);
}

void
course_underway(struct queued *q, struct delivery *d, struct worker *w)
{
	DOING(d, DOING_RESULT);

	if (d->transaction != NULL || !course_awaits_result(q, d) || !pulled_into_sending(q, d))
		return;
	d->result_worker = w;
	d->result_life = w->life;
	d->result_number = 0;
}

void
course_worker_gone(struct queued *q, struct worker *w)
{
	struct deliver_result lost = { .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.text = SPAN_LIT("the delivery process ended before the answer came") };
	struct messages *ms = &q->messages;

	for (struct table_node *n = table_each(&ms->by_id, NULL); n != NULL;
	     n = table_each(&ms->by_id, n)) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		for (uint32_t i = 0; i < m->envelope->rcpts_n; i++) {
			struct delivery *d = &m->deliveries[i];

			if (d->result_worker != w)
				continue;
			d->result_worker = NULL;
			if (d->state == DELIVERY_SENDING && d->transaction == NULL)
				course_result(q, d, &lost);
		}
	}
}

/* ---- verdicts ---- */

/* Not before that; but no wait is longer than retry-most says. */
static uint32_t
advised_s(const struct delivery *d)
{
	uint32_t most_s = d->message->stream->retry.most_s;

	return d->last->advice_s < most_s ? d->last->advice_s : most_s;
}

/* Content that is put off is taken later or not at all: its tenant waits. What is refused for good may be one message, and what
 * general words say may be misunderstood. */
static bool
takes_none_of(struct delivery *d, const struct attempt *a)
{
	struct span tenant = d->message->envelope->tenant;
	struct id message = d->message->envelope->id;

	if (tenant.n == 0)
		return false;
	if (a->code >= 500)
		return ban_refused(&d->lane->bans, tenant, message);
	return a->specific || ban_blamed(&d->lane->bans, tenant, message, loop_now_ms());
}

static bool
takes_none_of_source(struct delivery *d, const struct attempt *a)
{
	return a->specific ||
	       suspicion_confirmed(&d->lane->blamed, d->message->envelope->id, loop_now_ms());
}

/* What the verdict says of the lane, before what becomes of the recipient: no retry falls into a suspension. The seconds
 * until then. */
static uint32_t
lane_hears(struct delivery *d)
{
	const struct attempt *a = d->last;
	struct span tenant = d->message->envelope->tenant;
	const struct ban *ban;

	if (d->lane == NULL)
		return advised_s(d);
	if (a->advice == ADVICE_SLOW_LANE)
		lane_slow(d->lane, a->text);
	else if (a->advice == ADVICE_SUSPEND_LANE && takes_none_of_source(d, a))
		lane_suspend(d->lane, a->advice_s > 0 ? a->advice_s : SUSPEND_S, a->text);
	else if (a->advice == ADVICE_SUSPEND_TENANT && takes_none_of(d, a))
		lane_suspend_tenant(d->lane, tenant, a->advice_s, a->text);
	ban = ban_of(&d->lane->bans, tenant, loop_now_ms());
	if (a->advice == ADVICE_SUSPEND_LANE && d->lane->adapt.until_ms > loop_now_ms())
		return loop_seconds_until(d->lane->adapt.until_ms);
	if (a->advice == ADVICE_SUSPEND_TENANT && ban != NULL)
		return loop_seconds_until(ban->until_ms);
	return advised_s(d);
}

/* A reply before any command about a message. */
static bool
is_at_the_door(const struct attempt *a)
{
	return a->code != 0 && a->stage < STAGE_MAIL;
}

/* It says nothing of an address, whatever its words are. A login that is refused for good is ours to mend, and so is TLS. */
static void
judged_at_the_door(struct attempt *a)
{
	a->class = CLASS_SOFT;
	if (a->stage == STAGE_AUTH && (a->code >= 500 || a->code == 454))
		a->category = CATEGORY_AUTH_FAILURE;
	else if (a->stage == STAGE_TLS)
		a->category = CATEGORY_TLS;
}

/* A 5yz ends it, whatever it is about (RFC 5321 4.2.1), unless its words are known to mean something else. What is said
 * before MAIL is about us or the server, and 503 about the place of a command: the message waits. */
static bool
ends_it(const struct attempt *a)
{
	if (is_at_the_door(a))
		return false;
	if (a->class == CLASS_HARD)
		return true;
	if (a->code == 503)
		return false;
	return a->code >= 500 && !a->later;
}

/* It was refused with its hosts' connection, and waits for them: where that lets nobody pass, in its lane and in silence. */
static void
judged_away(struct queued *q, struct delivery *d)
{
	struct attempt *a = d->last;

	d->away = false;
	if (a->judged) {
		judged_at_the_door(a);
		(void)lane_hears(d);
	}
	if (!d->unreached)
		settle_unreached(q, d);
	again_in_lane(q, d);
}

void
course_judged(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_JUDGED);
	struct attempt *a = d->last;
	uint32_t wait_s;

	if (!aside_unless(q, d, 1u << DELIVERY_VERDICT, "a reply was judged"))
		return;
	if (d->away) {
		judged_away(q, d);
		return;
	}
	if (a == NULL || !a->judged) {
		settle_deferred(q, d, 0);
		return;
	}
	d->given_up = false;
	if (is_at_the_door(a))
		judged_at_the_door(a);
	wait_s = lane_hears(d);
	if (ends_it(a))
		settle_given_up(q, d, FINAL_BOUNCED);
	else
		settle_deferred(q, d, wait_s);
}
