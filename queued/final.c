#include "final.h"
#include "aside.h"
#include "doing.h"
#include "err.h"
#include "event.h"
#include "events.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "peer_deliverd.h"
#include "queued.h"
#include "store.h"
#include "tenants.h"

#include <stdlib.h>

enum { EVENT_BYTES = 32 * 1024 };

static const struct {
	const char *name;
	char mark;
} kinds[] = {
	[FINAL_DELIVERED] = { "delivered", MARK_DONE },
	[FINAL_BOUNCED] = { "bounced", MARK_FAILED },
	[FINAL_EXPIRED] = { "expired", MARK_FAILED },
	[FINAL_SUPPRESSED] = { "suppressed", MARK_DONE },
	[FINAL_DROPPED] = { "dropped", MARK_DROPPED },
};

/* The one line that tells the delivery's story. */
static void
story(const struct delivery *d, enum final_kind k, const struct final_why *why)
{
	const struct attempt *a = d->last;

	log_begin(k == FINAL_DELIVERED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, kinds[k].name);
	log_kvs("id", id_text(d->message->envelope->id).c);
	log_address("to", delivery_address(d));
	log_address("from", d->message->envelope->from);
	if (d->lane != NULL)
		log_kv("site", d->lane->site->name);
	if (a != NULL) {
		log_kv("server", a->server);
		log_kvs("tls", a->tls.n > 0 ? "yes" : "no");
		log_kv("status", a->judged ? a->status : a->enhanced);
		log_kvf("reply", "%u %.*s", a->code, SPAN(span_first(a->text, 300)));
	}
	if (why->reason.n > 0)
		log_kv("why", why->reason);
	if (why->scope.n > 0)
		log_kv("scope", why->scope);
	log_num("attempts", d->attempts);
	log_kvf("delay_s", "%.3f", (double)delivery_age_ms(d) / 1000.0);
	log_end();
}

/* Of what has a bound alone. */
static void
short_event(
    struct buf *line, const struct delivery *d, enum final_kind k, const struct final_why *why)
{
	const struct envelope *e = d->message->envelope;

	buf_reset(line);
	event_open(line, kinds[k].name, id_new(), loop_wall_ms());
	event_id(line, "message", e->id);
	event_num(line, "rcpt", d->index);
	event_span(line, "recipient", delivery_address(d));
	event_span(line, "tenant", span_first(e->tenant, 200));
	event_span(line, "reason", span_first(why->reason, 200));
	event_close(line);
}

static struct span
event_of(const struct delivery *d, enum final_kind k, const struct final_why *why)
{
	static struct buf line = { .max = EVENT_BYTES };

	buf_reset(&line);
	event_open(&line, kinds[k].name, id_new(), loop_wall_ms());
	events_delivery(&line, d);
	if (k != FINAL_SUPPRESSED) /* no attempt ended it, and its source is another */
		events_attempt(&line, d);
	event_span(&line, "reason", why->reason);
	event_span(&line, "scope", why->scope);
	event_span(&line, "source", why->source);
	event_close(&line);
	if (buf_over(
		&line)) /* tags or a reply of nothing but escapes: who it was and how it ended must be told */
		short_event(&line, d, k, why);
	return buf_all(&line);
}

static void
on_durable(void *ctx, const struct store_end *end)
{
	struct queued *q = ctx;
	struct message *m = message_find(&q->messages, end->id);
	struct delivery *d;

	events_final(q->events, end->event);
	if (m == NULL || end->index >= m->envelope->rcpts_n)
		return;
	d = &m->deliveries[end->index];
	worker_settled(d);
	if (!aside_move(q, d, DELIVERY_ENDED))
		return;
	q->messages.deliveries--;
	if (--m->open == 0)
		message_free(&q->messages, m);
}

/* Late bounces and complaints come from bouncd (BOUNCE_FEEDBACK). */
static void
count(struct queued *q, const struct delivery *d, enum final_kind k)
{
	const struct envelope *e = d->message->envelope;

	if (e->is_notice)
		return;
	if (k == FINAL_DELIVERED)
		tenants_count(q->tenants, e->tenant, HEALTH_DELIVERED);
	else if (k == FINAL_BOUNCED && d->last != NULL && d->last->judged &&
		 d->last->class == CLASS_HARD)
		tenants_count(q->tenants, e->tenant, HEALTH_BOUNCED);
}

void
final_end(struct queued *q, struct delivery *d, enum final_kind k, struct span why)
{
	final_end_for(q, d, k, &(struct final_why){ .reason = why });
}

/* All others have ended, or their ends are on the way to the disk. */
static bool
is_last(const struct delivery *d)
{
	const struct message *m = d->message;

	return m->in[DELIVERY_ENDED] + m->in[DELIVERY_ENDING] + 1 == m->envelope->rcpts_n;
}

void
final_drop(struct queued *q, struct delivery *d)
{
	if (is_last(d))
		store_drop(q->store, d->message->envelope->id); /* whole, for undrop */
	final_end(q, d, FINAL_DROPPED, span_of(NULL, 0));
}

void
final_end_for(struct queued *q, struct delivery *d, enum final_kind k, const struct final_why *why)
{
	struct store_end end = {
		.id = d->message->envelope->id, .index = d->index, .mark = kinds[k].mark
	};
	bool came_back = d->state == DELIVERY_RETURNED;
	DOING(d, DOING_SETTLED);

	if (!aside_move(q, d, DELIVERY_ENDING))
		return;
	d->final = (uint8_t)k;
	schedule_clear(&q->schedule, &d->due);
	if (!came_back)
		count(q, d, k);
	if (d->lane != NULL && k == FINAL_BOUNCED)
		d->lane->bounced++;
	story(d, k, why);
	end.event = event_of(d, k, why);
	store_end(q->store, &end, on_durable, q);
}
