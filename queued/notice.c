#include "notice.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "final.h"
#include "intake.h"
#include "log.h"
#include "loop.h"
#include "peer_bouncd.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum {
	GATHER_MS = 300,
	AGAIN_MS = 60 * 1000,
	HEAD_MAX = 32 * 1024,
	WHOLE_MAX = 48 * 1024,
	NOTICE_BYTES =
	    100 * 1024, /* of recipients' records: what a packet's reader keeps for one notice */
};

/* A bounce message on its way: gathering, with bouncd, or with the store. */
struct notice {
	struct table_node by_job;
	struct queued *q;
	struct message *message;
	struct due due;
	struct id id; /* of the bounce message, once it is with the store */
	bool storing;
};

static struct table notices;

bool
notice_wanted(const struct delivery *d)
{
	const struct envelope *e = d->message->envelope;
	uint8_t notify = e->rcpts[d->index].notify;

	if (e->from.n == 0 || e->is_notice || !d->message->tenant->notify_sender ||
	    d->message->tenant->bounce_domain.n > 0)
		return false;
	return notify == 0 || (notify & NOTIFY_FAILURE) != 0;
}

static bool
is_of(const struct delivery *d, uint64_t job)
{
	return d->state == DELIVERY_NOTICE && d->job == job;
}

static void
put_rcpt(struct chan *c, const struct delivery *d)
{
	const struct attempt *a = d->last;
	struct bounce_notice_rcpt r = { .job = d->job,
		.address = delivery_address(d),
		.orcpt = d->message->envelope->rcpts[d->index].orcpt,
		.action = SPAN_LIT("failed"),
		.status = d->final == FINAL_EXPIRED ? SPAN_LIT("4.4.7") : SPAN_LIT("5.0.0") };

	if (a != NULL) {
		if (a->judged && a->status.n > 0)
			r.status = a->status;
		r.code = a->code;
		r.text = span_first(a->text, 2048);
		r.server = a->server;
		r.words = a->words;
		r.last_try_ms = a->time_ms;
	}
	bounce_notice_rcpt_put(c, &r);
}

/* The header of the message, and all of it where the sender wants it back and it is small (RFC 3461 4.3). */
static void
put_notice(struct chan *c, struct notice *n)
{
	const struct message *m = n->message;
	struct bounce_notice b = { .job = n->by_job.hash,
		.message = m->envelope->id,
		.received_ms = m->envelope->received_ms,
		.from = m->envelope->from,
		.tenant = m->envelope->tenant,
		.envid = m->envelope->envid,
		.ret = (uint8_t)m->envelope->ret,
		.smtputf8 = m->envelope->smtputf8,
		.size_bytes = m->facts.size_bytes };
	struct arena *a = arena_new(0);
	struct content content;
	struct span head = { 0 };

	if (content_open(n->q, m, &content, NULL) == 0) {
		size_t want = m->facts.header_bytes < HEAD_MAX ? m->facts.header_bytes : HEAD_MAX;

		if (m->envelope->ret == RET_FULL && m->facts.size_bytes <= WHOLE_MAX)
			want = m->facts.size_bytes;
		content_head(&content, want, a, &head, NULL);
		content_drop(&content);
	}
	b.head =
	    span_first(head, m->facts.header_bytes < HEAD_MAX ? m->facts.header_bytes : HEAD_MAX);
	if (head.n == m->facts.size_bytes)
		b.bytes = head;
	bounce_notice_put(c, &b);
	arena_free(a);
}

static void
ask(struct notice *n)
{
	struct chan *c = peer_bouncd_chan(n->q->bouncd);
	const struct message *m = n->message;
	unsigned rcpts = 0;

	schedule_set(&n->q->schedule, &n->due, loop_now_ms() + AGAIN_MS);
	if (c == NULL || n->storing)
		return;
	for (uint32_t i = 0; i < m->envelope->rcpts_n && rcpts < NOTICE_RCPTS_MAX; i++)
		if (is_of(&m->deliveries[i], n->by_job.hash)) {
			put_rcpt(c, &m->deliveries[i]);
			rcpts++;
		}
	put_notice(c, n);
}

static void
on_due(void *ctx, struct due *due)
{
	struct notice *n = ctx;

	(void)due;
	if (n->message->notice_job == n->by_job.hash)
		n->message->notice_job = 0; /* what is given up from now on is in the next */
	ask(n);
}

static struct notice *
notice_of(uint64_t job)
{
	return TABLE_OF(table_first(&notices, job), struct notice, by_job);
}

void
notice_add(struct queued *q, struct delivery *d)
{
	struct message *m = d->message;
	struct notice *n;

	if (m->notice_job == 0 || m->notice_n == NOTICE_RCPTS_MAX) {
		n = calloc(1, sizeof(*n));
		if (n == NULL)
			fatal("out of memory for a notice");
		n->q = q;
		n->message = m;
		n->due = (struct due){ .fire = on_due, .ctx = n };
		m->notice_job = ++q->jobs;
		m->notice_n = 0;
		table_put(&notices, &n->by_job, m->notice_job);
		schedule_set(&q->schedule, &n->due, loop_now_ms() + GATHER_MS);
	}
	m->notice_n++;
	d->job = m->notice_job;
}

/* The bounce message is on disk, or could not be put there now. */
static void
on_stored(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct notice *n = notice_of((uint64_t)(uintptr_t)ctx);
	struct message *m = n->message;
	uint64_t job = n->by_job.hash;
	struct queued *q = n->q;
	uint32_t left = 0;

	n->storing = false;
	if (code != 0) {
		log_warn("notice-not-stored", "id=%s code=%u text=\"%.*s\"", id_text(id).c, code,
		    SPAN(text));
		return; /* the timer asks again */
	}
	schedule_clear(&q->schedule, &n->due);
	table_remove(&notices, &n->by_job);
	free(n);
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		left += is_of(&m->deliveries[i], job);
	for (uint32_t i = 0; left > 0; i++)
		if (is_of(&m->deliveries[i], job)) {
			left--;
			course_noticed(q, &m->deliveries[i]);
		}
}

void
notice_made(struct queued *q, const struct bounce_made *made)
{
	struct notice *n = notice_of(made->job);
	const struct envelope *about;
	struct recipient to;
	struct envelope e;

	if (n == NULL || n->storing || !made->ok || made->bytes.n == 0)
		return;
	about = n->message->envelope;
	to =
	    (struct recipient){ .address = about->from, .notify = NOTIFY_NEVER, .mark = MARK_OPEN };
	e = (struct envelope){ .id = id_new(),
		.received_ms = loop_wall_ms(),
		.tenant = about->tenant,
		.stream = about->stream,
		.is_notice = true,
		.smtputf8 = about->smtputf8,
		.rcpts_n = 1,
		.rcpts = &to };
	n->id = e.id;
	n->storing = true;
	intake_own(q, &e, made->bytes, on_stored, (void *)(uintptr_t)made->job);
}

void
notices_ask_again(struct queued *q)
{
	(void)q;
	for (struct table_node *t = table_each(&notices, NULL); t != NULL;
	     t = table_each(&notices, t)) {
		struct notice *n = TABLE_OF(t, struct notice, by_job);

		if (n->message->notice_job != t->hash)
			ask(n);
	}
}
