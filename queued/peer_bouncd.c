#include "peer_bouncd.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "final.h"
#include "log.h"
#include "loop.h"
#include "notice.h"
#include "proto_bounce.h"
#include "queued.h"
#include "role.h"
#include "sender.h"
#include "suppressed.h"
#include "tenants.h"

#include <stdlib.h>
#include <string.h>

enum {
	QUEUE_BYTES = 4 << 20,
	VERDICT_WAIT_MS = 5000,
	CONFIRM_WAIT_MS = 5000,
	RCPT_WAIT_MS = 2000,
	RETURNED_WAIT_MS = 60 * 1000,
	RETURNED_AGAIN_MS = 1000,
};

/* A question that is out, by its number. */
struct question {
	struct table_node by_job;
	struct delivery *delivery; /* NULL: rcpt asks */
	struct rcpt_question *rcpt;
};

/* smtpd waits at RCPT. */
struct rcpt_question {
	struct question question;
	struct due due;
	uint64_t job;
	void (*then)(void *ctx, bool suppressed, struct span reason);
	void *ctx;
};

struct peer_bouncd {
	struct queued *q;
	struct chan *chan;
	struct table questions;
};

/* Whether it reads: what it is asked beyond that would only pile up, and is answered by nobody, which each question allows. */
static bool
reads(const struct peer_bouncd *p)
{
	return p->chan != NULL && !chan_full(p->chan);
}

struct chan *
peer_bouncd_chan(struct peer_bouncd *p)
{
	return reads(p) ? p->chan : NULL;
}

static void
ask(struct peer_bouncd *p, struct delivery *d, uint64_t wait_ms, void (*late)(void *, struct due *))
{
	struct question *x = calloc(1, sizeof(*x));

	if (x == NULL)
		fatal("out of memory for a question to bouncd");
	peer_bouncd_forget(p, d);
	x->delivery = d;
	d->job = ++p->q->jobs;
	d->due.fire = late;
	d->due.ctx = p;
	table_put(&p->questions, &x->by_job, d->job);
	schedule_set(&p->q->schedule, &d->due, loop_now_ms() + wait_ms);
}

/* The delivery that asked this and still waits; its question is over. */
static struct delivery *
answered(struct peer_bouncd *p, uint64_t job)
{
	struct question *x = TABLE_OF(table_first(&p->questions, job), struct question, by_job);
	struct delivery *d;

	if (x == NULL || x->delivery == NULL)
		return NULL;
	d = x->delivery;
	table_remove(&p->questions, &x->by_job);
	free(x);
	d->job = 0;
	schedule_clear(&p->q->schedule, &d->due);
	return d;
}

void
peer_bouncd_forget(struct peer_bouncd *p, struct delivery *d)
{
	if (d->job != 0)
		(void)answered(p, d->job);
}

static struct delivery *
of_due(struct due *due)
{
	return (struct delivery *)(void *)((char *)due - offsetof(struct delivery, due));
}

/* ---- what does a reply mean? ---- */

static void
on_verdict_late(void *ctx, struct due *due)
{
	struct peer_bouncd *p = ctx;
	struct delivery *d = of_due(due);

	answered(p, d->job);
	course_judged(p->q, d);
}

void
peer_bouncd_reply(struct peer_bouncd *p, struct delivery *d)
{
	const struct attempt *a = d->last;
	const struct message *m = d->message;
	bool of_address =
	    a->code == 0 || a->stage >= STAGE_MAIL; /* else nobody is suppressed for it */
	struct bounce_reply r = { .message = m->envelope->id,
		.index = d->index,
		.tenant = of_address ? m->envelope->tenant : span_of(NULL, 0),
		.campaign = m->envelope->campaign,
		.recipient = delivery_address(d),
		.from = m->envelope->from,
		.ehlo = d->lane != NULL ? d->lane->source->ehlo : span_of(NULL, 0),
		.site = d->lane != NULL ? d->lane->site->name : span_of(NULL, 0),
		.server = a->server,
		.stage = (uint8_t)a->stage,
		.code = a->code,
		.enhanced = a->enhanced,
		.text = span_first(a->text, 8192),
		.final_try =
		    retry_expired(&m->stream->retry, m->envelope->received_ms, loop_wall_ms()) };

	ask(p, d, VERDICT_WAIT_MS, on_verdict_late);
	r.job = d->job;
	if (reads(p))
		bounce_reply_put(p->chan, &r);
}

static int
got_verdict(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_verdict v = { 0 };
	struct delivery *d;

	if (bounce_verdict_get(m, &v) == -1 || v.class > CLASS_HARD ||
	    v.category > CATEGORY_OTHER || v.advice > ADVICE_FIX)
		return -1;
	d = answered(p, v.job);
	if (d == NULL || d->state != DELIVERY_VERDICT)
		return 0;
	delivery_judged(d, v.class, v.category, v.advice, v.advice_s, v.status, v.words);
	delivery_ruled(d, v.rule, v.provider, v.confidence);
	d->last->later = v.later;
	d->last->specific = v.specific;
	course_judged(p->q, d);
	return 0;
}

/* ---- is it suppressed? ---- */

/* Nobody can say: the list said maybe, so it waits rather than goes. */
static void
on_confirm_late(void *ctx, struct due *due)
{
	struct peer_bouncd *p = ctx;
	struct delivery *d = of_due(due);

	answered(p, d->job);
	course_unconfirmed(p->q, d);
}

void
peer_bouncd_confirm(struct peer_bouncd *p, struct delivery *d)
{
	struct bounce_confirm c = { .tenant = d->message->envelope->tenant,
		.campaign = d->message->envelope->campaign,
		.address = delivery_address(d) };

	ask(p, d, CONFIRM_WAIT_MS, on_confirm_late);
	c.job = d->job;
	if (reads(p))
		bounce_confirm_put(p->chan, &c);
}

static void
rcpt_answered(struct peer_bouncd *p, struct rcpt_question *r, bool suppressed, struct span reason)
{
	table_remove(&p->questions, &r->question.by_job);
	schedule_clear(&p->q->schedule, &r->due);
	r->then(r->ctx, suppressed, reason);
	free(r);
}

static void
on_rcpt_late(void *ctx, struct due *due)
{
	struct rcpt_question *r =
	    (struct rcpt_question *)(void *)((char *)due - offsetof(struct rcpt_question, due));

	rcpt_answered(ctx, r, false, span_of(NULL, 0));
}

void
peer_bouncd_suppressed(struct peer_bouncd *p, struct span tenant, struct span address,
    void (*then)(void *ctx, bool suppressed, struct span reason), void *ctx)
{
	struct rcpt_question *r;

	if (!reads(p)) {
		then(ctx, false, span_of(NULL, 0));
		return;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		fatal("out of memory for a question to bouncd");
	*r = (struct rcpt_question){ .due = { .fire = on_rcpt_late, .ctx = p },
		.job = ++p->q->jobs,
		.then = then,
		.ctx = ctx };
	r->question.rcpt = r;
	table_put(&p->questions, &r->question.by_job, r->job);
	schedule_set(&p->q->schedule, &r->due, loop_now_ms() + RCPT_WAIT_MS);
	bounce_confirm_put(p->chan,
	    &(struct bounce_confirm){ .job = r->job, .tenant = tenant, .address = address });
}

/* Whether it was a question of RCPT. */
static bool
rcpt_confirmed(struct peer_bouncd *p, const struct bounce_confirmed *c)
{
	struct question *x = TABLE_OF(table_first(&p->questions, c->job), struct question, by_job);

	if (x == NULL || x->rcpt == NULL)
		return false;
	rcpt_answered(p, x->rcpt, c->suppressed, c->reason);
	return true;
}

static int
got_confirmed(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_confirmed c = { 0 };
	struct delivery *d;

	if (bounce_confirmed_get(m, &c) == -1)
		return -1;
	if (rcpt_confirmed(p, &c))
		return 0;
	d = answered(p, c.job);
	if (d != NULL && d->state == DELIVERY_CONFIRM)
		course_confirmed(p->q, d, c.suppressed,
		    &(struct final_why){
			.reason = c.reason, .scope = c.scope, .source = c.source });
	return 0;
}

/* ---- mail that came back ---- */

/* It was never sent: there was nobody to ask yet, as after a start, or bouncd had too much to read. */
static void
on_returned_again(void *ctx, struct due *due)
{
	struct peer_bouncd *p = ctx;
	struct delivery *d = of_due(due);

	answered(p, d->job);
	peer_bouncd_returned(p, d);
}

static void
on_returned_late(void *ctx, struct due *due)
{
	struct peer_bouncd *p = ctx;
	struct delivery *d = of_due(due);

	answered(p, d->job);
	course_returned(p->q, d, NULL);
}

/* What the token in the address says; without one bouncd goes by what is in the mail. */
static void
about(struct peer_bouncd *p, const struct delivery *d, struct bounce_returned *r)
{
	const struct tenant *t;
	const struct message *m;
	struct bounce_token token;

	r->has_token = sender_token(p->q, delivery_address(d), &token, &t) == BOUNCE_GOOD;
	if (!r->has_token)
		return;
	memcpy(r->about.b, token.message, BOUNCE_MESSAGE_BYTES);
	r->index = token.recipient;
	r->tag = token.tag;
	r->key_id = token.key_id;
	r->tenant = t->name;
	m = message_find(&p->q->messages, r->about);
	if (m == NULL || r->index >= m->envelope->rcpts_n ||
	    !span_eq_nocase(m->tenant->name, t->name))
		return;
	r->about_rcpt = m->envelope->rcpts[r->index].address;
}

void
peer_bouncd_returned(struct peer_bouncd *p, struct delivery *d)
{
	struct bounce_returned r = { .message = d->message->envelope->id,
		.from = d->message->envelope->from,
		.recipient = delivery_address(d),
		.index = UINT32_MAX,
		.fd = -1 };
	struct content c;
	struct err err;

	if (!reads(p)) {
		ask(p, d, RETURNED_AGAIN_MS, on_returned_again);
		return;
	}
	ask(p, d, RETURNED_WAIT_MS, on_returned_late);
	r.job = d->job;
	if (content_open(p->q, d->message, &c, &err) == -1) {
		log_begin(LOG_LEVEL_ERROR, "unreadable");
		log_kvs("id", id_text(d->message->envelope->id).c);
		log_kvs("why", err.text);
		log_end();
		return;
	}
	about(p, d, &r);
	r.bytes = c.bytes;
	r.fd = c.fd;
	r.start = c.start;
	r.size_bytes = c.size_bytes;
	bounce_returned_put(p->chan, &r);
}

static int
got_stored(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_stored s = { 0 };
	struct delivery *d;

	if (bounce_stored_get(m, &s) == -1)
		return -1;
	d = answered(p, s.job);
	if (d != NULL && d->state == DELIVERY_RETURNED)
		course_returned(p->q, d, &s);
	return 0;
}

/* ---- what came back after the delivery had ended ---- */

static int
got_feedback(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_feedback f = { 0 };

	if (bounce_feedback_get(m, &f) == -1 || f.kind > KIND_AUTOREPLY || f.class > CLASS_HARD)
		return -1;
	if (f.kind == KIND_COMPLAINT)
		tenants_count(p->q->tenants, f.tenant, HEALTH_COMPLAINT);
	else if (f.kind == KIND_BOUNCE && f.class == CLASS_HARD)
		tenants_count(p->q->tenants, f.tenant, HEALTH_BOUNCED_LATE);
	return 0;
}

/* ---- the channel ---- */

static int
got_made(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_made made = { 0 };

	if (bounce_made_get(m, &made) == -1)
		return -1;
	notice_made(p->q, &made);
	return 0;
}

static int
got_list(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_list l = { .fd = -1 };
	bool was_lost;

	if (bounce_list_get(m, &l) == -1)
		return -1;
	was_lost = suppressed_lost(p->q->suppressed) != NULL;
	if (suppressed_list(p->q->suppressed, &l) == -1)
		return -1;
	if (suppressed_lost(p->q->suppressed) != NULL)
		course_list_lost(p->q);
	else if (was_lost)
		course_list_restored(p->q);
	return 0;
}

static int
got_change(struct peer_bouncd *p, struct msg *m)
{
	struct bounce_change c = { 0 };

	if (bounce_change_get(m, &c) == -1)
		return -1;
	suppressed_change(p->q->suppressed, &c);
	return 0;
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	static const struct {
		uint16_t type;
		int (*got)(struct peer_bouncd *, struct msg *);
	} types[] = {
		{ BOUNCE_VERDICT, got_verdict },
		{ BOUNCE_MADE, got_made },
		{ BOUNCE_STORED, got_stored },
		{ BOUNCE_LIST, got_list },
		{ BOUNCE_CHANGE, got_change },
		{ BOUNCE_CONFIRMED, got_confirmed },
		{ BOUNCE_FEEDBACK, got_feedback },
	};

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == m->type) {
			if (types[i].got(ctx, m) == -1)
				chan_bad(c, "a record that makes no sense");
			return;
		}
	chan_bad(c, "a record that is none of bouncd's");
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct peer_bouncd *p = ctx;

	if (p->chan != c)
		return;
	log_info("bouncd-gone", "why=\"%s\"", why);
	p->chan = NULL;
}

static void
on_room(void *ctx)
{
	struct peer_bouncd *p = ctx;

	notices_go_on(p->q);
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_bouncd *p = ctx;

	(void)instance;
	if (p->chan != NULL)
		chan_free(p->chan);
	p->chan = chan_new(fd, "bouncd", QUEUE_BYTES, on_msg, on_close, p);
	chan_on_room(p->chan, on_room);
	notices_ask_again(p->q);
}

struct peer_bouncd *
peer_bouncd_new(struct queued *q)
{
	struct peer_bouncd *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for bouncd's channel");
	p->q = q;
	role_on_peer(q->role, ROLE_BOUNCD, on_connected, p);
	return p;
}
