#include "settle.h"
#include "aside.h"
#include "course.h"
#include "doing.h"
#include "events.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "notice.h"
#include "peer_deliverd.h"
#include "queued.h"
#include "retry.h"
#include "store.h"
#include "suppressed.h"
#include "tenants.h"
#include "verdict.h"

#include <bsd/stdlib.h>

enum {
	PUT_OFF_MS = 90 * 1000,
	PARKED_S = 6 * 3600,  /* its lane brings it back; should it be forgotten there, this does */
	LIST_COMES_MS = 1000, /* after a start */
	PAUSED_LOOK_S =
	    3600, /* a release wakes what is in memory; what is on disk looks so often */
};

static void
on_due(void *ctx, struct due *due)
{
	struct delivery *d =
	    (struct delivery *)(void *)((char *)due - offsetof(struct delivery, due));

	if (aside_move(ctx, d, DELIVERY_NEW))
		course_begin(ctx, d);
}

static void
story(const struct delivery *d, uint64_t wait_ms)
{
	const struct attempt *a = d->last;

	log_begin(LOG_LEVEL_INFO, "deferred");
	log_kvs("id", id_text(d->message->envelope->id).c);
	log_address("to", delivery_address(d));
	if (d->lane != NULL)
		log_kv("site", d->lane->site->name);
	if (a != NULL) {
		log_kv("server", a->server);
		log_kv("status", a->judged ? a->status : a->enhanced);
		log_kvf("reply", "%u %.*s", a->code, SPAN(span_first(a->text, 300)));
	}
	log_num("attempts", d->attempts);
	log_kvf("delay_s", "%.1f", (double)delivery_age_ms(d) / 1000.0);
	log_num("retry_s", (wait_ms / 1000));
	log_end();
}

/* What the index keeps, so that a restart or a full memory costs no knowledge. */
static void
keep(struct queued *q, const struct delivery *d)
{
	const struct envelope *e = d->message->envelope;
	const struct attempt *a = d->last;
	struct store_wait w = { .id = e->id,
		.index = d->index,
		.has_envelope = true,
		.tenant = e->tenant,
		.campaign = e->campaign,
		.from = e->from,
		.to = delivery_address(d),
		.next_ms = d->next_ms,
		.attempts = d->attempts,
		.held = d->state == DELIVERY_HELD || d->order != ORDER_NONE,
		.paused = d->state == DELIVERY_PAUSED,
		.delay_told = d->delay_told,
		.given_up = d->given_up,
		.parked = d->parked };

	if (a != NULL) {
		w.code = a->code;
		w.status = a->judged ? a->status : a->enhanced;
		w.text = span_first(a->text, 500);
	}
	store_wait(q->store, &w);
}

/* Whether all of the message's open recipients are in that state. */
static bool
all_are(const struct message *m, enum delivery_state state)
{
	return m->in[DELIVERY_ENDED] + m->in[state] == m->envelope->rcpts_n;
}

/* The bytes of a message that only waits need not stay in memory. */
static void
drop_bytes(struct message *m)
{
	uint32_t waits = m->in[DELIVERY_DEFERRED] + m->in[DELIVERY_PAUSED] + m->unreached;

	if (m->in[DELIVERY_ENDED] + waits == m->envelope->rcpts_n)
		message_drop_bytes(m);
}

static bool
waits_in(struct queued *q, struct delivery *d, enum delivery_state state, uint64_t next_ms)
{
	uint64_t now = loop_wall_ms();

	d->next_ms = next_ms;
	if (!aside_move(q, d, state))
		return false;
	d->due.fire = on_due;
	d->due.ctx = q;
	schedule_set(&q->schedule, &d->due, loop_now_ms() + (next_ms > now ? next_ms - now : 0));
	return true;
}

void
settle_resumed(struct queued *q, struct delivery *d, uint64_t next_ms)
{
	(void)waits_in(q, d, DELIVERY_DEFERRED, next_ms);
}

uint64_t
settle_parked(struct queued *q, struct delivery *d)
{
	const struct message *m = d->message;
	uint64_t now = loop_wall_ms();

	if (retry_expired(&m->stream->retry, m->envelope->received_ms, now)) {
		settle_untried(d, "its time was over before it was tried");
		settle_given_up(q, d, FINAL_EXPIRED);
		return 0;
	}
	if (!waits_in(q, d, DELIVERY_DEFERRED,
		retry_at_ms(&m->stream->retry, m->envelope->received_ms, now, PARKED_S)))
		return 0;
	d->parked = true;
	keep(q, d);
	drop_bytes(d->message);
	return d->next_ms;
}

void
settle_resumed_parked(struct queued *q, struct delivery *d, uint64_t next_ms, uint64_t started_ms)
{
	if (next_ms < started_ms + (uint64_t)PARKED_S * 1000)
		return;
	settle_resumed(q, d, next_ms);
	d->parked = d->state == DELIVERY_DEFERRED;
}

void
settle_resumed_paused(struct queued *q, struct delivery *d, uint64_t next_ms)
{
	(void)waits_in(q, d, DELIVERY_PAUSED, next_ms);
}

void
settle_due_now(struct queued *q, struct delivery *d)
{
	if (waits_in(q, d, DELIVERY_DEFERRED, loop_wall_ms()))
		keep(q, d);
}

void
settle_put_off(struct queued *q, struct delivery *d)
{
	if (!waits_in(q, d, DELIVERY_DEFERRED, loop_wall_ms() + PUT_OFF_MS))
		return;
	keep(q, d);
	drop_bytes(d->message);
}

/* RFC 3461 5.2.5: once, when an attempt fails that late; kept before it is said, so that a crash never says it twice. */
static void
tell_delay(struct queued *q, struct delivery *d, uint64_t now)
{
	const struct message *m = d->message;
	uint64_t after_ms = (uint64_t)m->stream->delay_notice_s * 1000;

	if (after_ms == 0 || d->delay_told || now - m->envelope->received_ms < after_ms ||
	    !notice_wanted(q, d, NOTIFY_DELAY))
		return;
	d->delay_told = true;
	notice_delayed(q, d);
}

/* It waits: what is told and kept of that. */
static void
tell_wait(struct queued *q, struct delivery *d, uint64_t now, uint64_t wait_ms)
{
	tell_delay(q, d, now);
	if (d->lane != NULL)
		d->lane->deferred++;
	keep(q, d);
	events_deferred(q->events, d, wait_ms);
	story(d, wait_ms);
	drop_bytes(d->message);
	worker_settled(d);
}

static void
defer(struct queued *q, struct delivery *d, uint32_t wait_s)
{
	const struct message *m = d->message;
	uint64_t now = loop_wall_ms();

	if (retry_expired(&m->stream->retry, m->envelope->received_ms, now)) {
		settle_given_up(q, d, FINAL_EXPIRED);
		return;
	}
	d->immediate = false;
	d->need_7bit = false;
	if (d->order == ORDER_HOLD) /* it will be held, and this attempt was made */
		events_deferred(q->events, d, 0);
	if (waits_in(q, d, DELIVERY_DEFERRED,
		retry_at_ms(&m->stream->retry, m->envelope->received_ms, now, wait_s)))
		tell_wait(q, d, now, d->next_ms - now);
}

void
settle_deferred(struct queued *q, struct delivery *d, uint32_t wait_s)
{
	const struct retry_rule *rule = &d->message->stream->retry;

	defer(q, d, retry_wait_s(rule, d->attempts == 0 ? 1 : d->attempts, arc4random(), wait_s));
}

/* Not all at once behind it. */
void
settle_away(struct queued *q, struct delivery *d, uint32_t wait_s)
{
	defer(q, d, wait_s + 1 + arc4random_uniform(wait_s / 6 + 1));
	d->away = d->state == DELIVERY_DEFERRED;
}

/* A start tries at once: it knows nothing of its hosts. */
void
settle_unreached(struct queued *q, struct delivery *d)
{
	uint64_t now = loop_wall_ms(), wait = d->next_ms > now ? d->next_ms - now : 0;

	delivery_unreached(d, true);
	d->next_ms = now;
	tell_wait(q, d, now, wait);
}

void
settle_delayed(struct queued *q, struct delivery *d)
{
	bool told = d->delay_told;

	tell_delay(q, d, loop_wall_ms());
	if (told == d->delay_told)
		return;
	d->next_ms = loop_wall_ms();
	keep(q, d);
}

/* Its time ran out before anybody was asked: these are the words of the notice. */
void
settle_untried(struct delivery *d, const char *why)
{
	struct deliver_result r = { .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.enhanced = SPAN_LIT("4.7.1"),
		.text = span_str(why) };

	if (d->last != NULL)
		return;
	delivery_attempt(d, &r, loop_wall_ms());
	delivery_judged(d, CLASS_SOFT, CATEGORY_POLICY, ADVICE_NONE, 0, r.enhanced, r.text);
}

static void
wait_paused(struct queued *q, struct delivery *d, const char *why)
{
	const struct retry_rule *rule = &d->message->stream->retry;
	uint64_t received = d->message->envelope->received_ms, now = loop_wall_ms();
	uint32_t wait = PAUSED_LOOK_S - PAUSED_LOOK_S / 4 + arc4random_uniform(PAUSED_LOOK_S / 2);

	if (retry_expired(rule, received, now)) {
		settle_untried(d, why);
		settle_given_up(q, d, FINAL_EXPIRED);
		return;
	}
	d->immediate = false;
	d->away = false;
	if (!waits_in(q, d, DELIVERY_PAUSED, retry_at_ms(rule, received, now, wait)))
		return;
	keep(q, d);
	drop_bytes(d->message);
}

bool
settle_is_bulk(const struct delivery *d)
{
	const struct envelope *e = d->message->envelope;

	return !e->is_notice && (e->is_bulk || e->campaign.n > 0);
}

/* At a start, until bouncd has told who is suppressed. */
static bool
waits_for_list(struct queued *q, struct delivery *d)
{
	if (suppressed_told(q->suppressed))
		return false;
	settle_resumed(q, d, loop_wall_ms() + LIST_COMES_MS);
	return true;
}

/* What we say ourselves to the sender of a message goes, whoever that is. */
bool
settle_if_paused(struct queued *q, struct delivery *d)
{
	const struct envelope *e = d->message->envelope;
	const char *why = e->is_notice ? NULL : tenants_paused(q->tenants, e->tenant);

	if (why == NULL && settle_is_bulk(d)) {
		if (waits_for_list(q, d))
			return true;
		why = suppressed_lost(q->suppressed);
	}
	if (why != NULL)
		wait_paused(q, d, why);
	return why != NULL;
}

/* Its notice waits for others, longer than a worker should keep the result: the index keeps it. A start judges the reply
 * anew instead of sending again. */
static void
keep_given_up(struct queued *q, struct delivery *d)
{
	d->given_up = true;
	d->next_ms = loop_wall_ms();
	keep(q, d);
	if (all_are(d->message, DELIVERY_NOTICE))
		message_drop_bytes(d->message);
	worker_settled(d);
}

void
settle_given_up(struct queued *q, struct delivery *d, enum final_kind k)
{
	if (!notice_wanted(q, d, NOTIFY_FAILURE)) {
		final_end(q, d, k, span_of(NULL, 0));
		return;
	}
	if (!aside_move(q, d, DELIVERY_NOTICE))
		return;
	d->final = (uint8_t)k;
	notice_failed(q, d);
	if (notice_is_slow(d))
		keep_given_up(q, d);
}

void
settle_delivered(struct queued *q, struct delivery *d, bool dsn)
{
	const struct recipient *r = &d->message->envelope->rcpts[d->index];

	if (!(r->notify & NOTIFY_SUCCESS) || dsn || !notice_wanted(q, d, NOTIFY_SUCCESS)) {
		final_end(q, d, FINAL_DELIVERED, span_of(NULL, 0));
		return;
	}
	if (!aside_move(q, d, DELIVERY_NOTICE))
		return;
	d->final = FINAL_DELIVERED;
	notice_relayed(q, d);
}

void
settle_damaged(struct queued *q, struct delivery *d)
{
	struct deliver_result r = { .outcome = OUTCOME_DAMAGED,
		.stage = STAGE_DATA,
		.enhanced = SPAN_LIT("5.3.0"),
		.text = SPAN_LIT("the message was damaged on our disk") };

	store_corrupt(q->store, d->message->envelope->id, "its bytes do not match their checksum");
	delivery_attempt(d, &r, loop_wall_ms());
	delivery_judged(d, CLASS_SOFT, CATEGORY_SYSTEM, ADVICE_NONE, 0, r.enhanced, r.text);
	settle_given_up(q, d, FINAL_BOUNCED);
}

/* What is held expires as what waits does. */
static void
on_held_long(void *ctx, struct due *due)
{
	struct delivery *d =
	    (struct delivery *)(void *)((char *)due - offsetof(struct delivery, due));
	const struct message *m = d->message;

	if (!retry_expired(&m->stream->retry, m->envelope->received_ms, loop_wall_ms())) {
		settle_resumed_held(ctx, d);
		return;
	}
	settle_untried(d, "it was held until its time ran out");
	settle_given_up(ctx, d, FINAL_EXPIRED);
}

static uint64_t
held_until(const struct message *m)
{
	return m->envelope->received_ms + (uint64_t)m->stream->retry.expire_s * 1000;
}

static void
wait_held(struct queued *q, struct delivery *d)
{
	uint64_t now = loop_wall_ms();

	d->next_ms = held_until(d->message);
	d->due.fire = on_held_long;
	d->due.ctx = q;
	schedule_set(
	    &q->schedule, &d->due, loop_now_ms() + (d->next_ms > now ? d->next_ms - now : 0));
}

void
settle_resumed_held(struct queued *q, struct delivery *d)
{
	if (d->state == DELIVERY_HELD || aside_move(q, d, DELIVERY_HELD))
		wait_held(q, d);
}

void
settle_held(struct queued *q, struct delivery *d)
{
	struct message *m = d->message;

	wait_held(q, d);
	keep(q, d);
	if (!all_are(m, DELIVERY_HELD))
		return;
	message_drop_bytes(m);
	if (!m->held)
		store_hold(q->store, m->envelope->id, true);
	m->held = true;
}

void
settle_ordered(struct queued *q, struct delivery *d)
{
	d->next_ms = held_until(d->message);
	keep(q, d);
}

void
settle_freed(struct queued *q, struct delivery *d)
{
	d->next_ms = loop_wall_ms();
	keep(q, d);
}
