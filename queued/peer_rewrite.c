#include "peer_rewrite.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "log.h"
#include "peer_deliverd.h"
#include "pool.h"
#include "proto_rewrite.h"
#include "queued.h"
#include "role.h"
#include "sealed.h"
#include "sender.h"

#include <stdlib.h>
#include <unistd.h>

/* A rewriter has so much in hand at most, and so answers soon whoever is next in turn; what is beyond waits here, fairly between
 * tenants. One message may be larger than the window: it goes alone. */
enum {
	WORKERS_MAX = 64,
	QUEUE_BYTES = 4 << 20,
	WINDOW_MESSAGES = 32,
	WINDOW_BYTES = 2 << 20,
	COST_BYTES =
	    64 * 1024, /* each such piece of a message costs one more in its tenant's share */
};

TAILQ_HEAD(questions, question);

struct rewriter {
	struct peer_rewrite *home;
	struct chan *chan;
	unsigned instance;
	struct questions in_hand;
	unsigned messages;
	uint64_t bytes;
};

/* A transaction that waits for its bytes: job and transaction have one number. */
struct question {
	struct table_node by_job;
	TAILQ_ENTRY(question) link; /* in its rewriter's hand, or among the held up */
	struct draw_item item;      /* waits for its turn */
	struct rewriter *asked;     /* NULL: nobody yet */
	bool held_up; /* its deliverd worker reads nothing: bytes for it would only pile up */
	uint64_t bytes;
};

struct peer_rewrite {
	struct queued *q;
	struct rewriter workers[WORKERS_MAX];
	unsigned workers_n, next;
	bool expected; /* the master runs some */
	struct table questions;
	struct draw draw;
	struct draw_set waiting; /* all of it: what waits here waits for one thing */
	struct questions held_up;
};

/* Whether its sender wrote one himself is seen where it is rewritten. */
static bool
gets_unsubscribe(const struct message *m)
{
	return !m->envelope->is_notice &&
	       unsubscribe_is_wanted(m->tenant->unsubscribe, m->envelope->campaign);
}

bool
rewrite_wanted(const struct queued *q, const struct delivery *d)
{
	if (d->need_7bit)
		return true;
	if (!q->rewrite->expected)
		return false;
	return rewrite_is_personal(q, d) || d->message->tenant->sign ||
	       d->message->tenant->new_fields;
}

bool
rewrite_is_personal(const struct queued *q, const struct delivery *d)
{
	const struct envelope *e = d->message->envelope;

	(void)q;
	return e->track_clicks || e->track_opens || e->track_text || gets_unsubscribe(d->message);
}

static bool
has_room(const struct rewriter *w)
{
	return w->chan != NULL && !chan_full(w->chan) && w->messages < WINDOW_MESSAGES &&
	       w->bytes < WINDOW_BYTES;
}

static struct rewriter *
next_worker(struct peer_rewrite *p)
{
	for (unsigned i = 0; i < p->workers_n; i++) {
		struct rewriter *w = &p->workers[p->next++ % p->workers_n];

		if (has_room(w))
			return w;
	}
	return NULL;
}

static void
drops_raw(const struct facts *f, uint32_t *raw)
{
	for (unsigned i = 0; i < f->drops_n; i++) {
		raw[2 * i] = f->drops[i].start;
		raw[2 * i + 1] = f->drops[i].length;
	}
}

static void
ask(struct peer_rewrite *p, struct rewriter *w, const struct transaction *t,
    const struct content *c)
{
	const struct message *m = t->message;
	const struct delivery *d = transaction_first(t);
	bool personal = rewrite_is_personal(p->q, d);
	uint32_t raw[2 * FACTS_DROPS_MAX];
	struct rewrite_ask a = { .job = t->number,
		.message = m->envelope->id,
		.index = personal ? d->index : UINT32_MAX,
		.tenant = m->envelope->tenant,
		.campaign = m->envelope->campaign,
		.recipient = personal ? delivery_address(d) : span_of(NULL, 0),
		.from = m->envelope->from,
		.returns = sender_is_personal(p->q, d) ? sender_address(p->q, t) : span_of(NULL, 0),
		.track_clicks = m->envelope->track_clicks,
		.track_opens = m->envelope->track_opens,
		.track_text = m->envelope->track_text,
		.sign = m->tenant->sign,
		.need_7bit = d->need_7bit,
		.start = c->start,
		.size_bytes = c->size_bytes,
		.crc32c = m->facts.crc32c,
		.drops = span_of(raw, m->facts.drops_n * 8u),
		.bytes = c->bytes,
		.fd = c->fd };

	drops_raw(&m->facts, raw);
	rewrite_ask_put(w->chan, &a);
}

static struct question *
question_find(const struct peer_rewrite *p, uint64_t number)
{
	return TABLE_OF(table_first(&p->questions, number), struct question, by_job);
}

/* ---- whose turn it is ---- */

static void
line_up(struct peer_rewrite *p, struct question *x, const struct transaction *t)
{
	const struct message *m = t->message;
	struct draw_place place = { m->envelope->tenant, m->envelope->campaign,
		transaction_first(t)->immediate ? 0 : m->stream->priority, m->tenant->weight,
		false };

	draw_put(&p->waiting, &x->item, &place, (uint32_t)(1 + m->facts.size_bytes / COST_BYTES));
}

static void
taken_by(struct rewriter *w, struct question *x, uint64_t bytes)
{
	x->asked = w;
	x->bytes = bytes;
	w->messages++;
	w->bytes += bytes;
	TAILQ_INSERT_TAIL(&w->in_hand, x, link);
}

/* Out of wherever it stands. */
static void
leave(struct peer_rewrite *p, struct question *x)
{
	struct rewriter *w = x->asked;

	if (x->item.in != NULL)
		draw_remove(&x->item);
	if (x->held_up)
		TAILQ_REMOVE(&p->held_up, x, link);
	x->held_up = false;
	if (w == NULL)
		return;
	TAILQ_REMOVE(&w->in_hand, x, link);
	w->messages--;
	w->bytes -= x->bytes;
	x->asked = NULL;
}

static void
question_end(struct peer_rewrite *p, struct question *x)
{
	leave(p, x);
	table_remove(&p->questions, &x->by_job);
	free(x);
}

static void
ask_one(struct peer_rewrite *p, struct rewriter *w, struct question *x, struct transaction *t)
{
	struct content c;
	struct err err;

	if (content_open(p->q, t->message, &c, &err) == -1) {
		question_end(p, x);
		course_unreadable(p->q, t, &err);
		return;
	}
	taken_by(w, x, c.size_bytes);
	ask(p, w, t, &c);
}

/* As many as the rewriters have room for. */
static void
ask_waiting(struct peer_rewrite *p)
{
	struct rewriter *w;
	struct draw_item *item;

	while (p->waiting.n > 0 && (w = next_worker(p)) != NULL) {
		struct question *x;
		struct transaction *t;

		item = draw_take(&p->waiting);
		x = (struct question *)(void *)((char *)item - offsetof(struct question, item));
		t = transaction_find(p->q->pool, x->by_job.hash);
		if (t == NULL)
			question_end(p, x);
		else if (worker_full(t->session->worker)) {
			x->held_up = true;
			TAILQ_INSERT_TAIL(&p->held_up, x, link);
		} else
			ask_one(p, w, x, t);
	}
}

void
peer_rewrite_go_on(struct peer_rewrite *p)
{
	struct question *x;

	while ((x = TAILQ_FIRST(&p->held_up)) != NULL) {
		struct transaction *t = transaction_find(p->q->pool, x->by_job.hash);

		leave(p, x);
		if (t == NULL)
			question_end(p, x);
		else
			line_up(p, x, t);
	}
	ask_waiting(p);
}

void
peer_rewrite_ask(struct peer_rewrite *p, struct transaction *t)
{
	struct question *x;

	if (!p->expected) {
		pool_not_rewritten(p->q->pool, t->number, false,
		    SPAN_LIT("the server takes no 8-bit mail, and there is no rewriter to make it "
			     "7-bit"));
		return;
	}
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		fatal("out of memory for a question to the rewriter");
	table_put(&p->questions, &x->by_job, t->number);
	line_up(p, x, t);
	ask_waiting(p);
}

/* Its answer is nobody's any more; the rewriter makes it all the same, and has it in hand until then. */
void
peer_rewrite_forget(struct peer_rewrite *p, uint64_t number)
{
	struct question *x = question_find(p, number);

	if (x != NULL && x->asked == NULL)
		question_end(p, x);
}

/* ---- what rewriters say ---- */

/* Told once a delivery: later attempts are rewritten anew. */
static void
tell_untracked(struct peer_rewrite *p, const struct rewrite_done *d)
{
	struct transaction *t = transaction_find(p->q->pool, d->job);
	struct delivery *to;
	uint32_t at = 0;

	while (t != NULL && (to = transaction_next(t, &at)) != NULL)
		if (to->attempts == 0)
			events_untracked(p->q->events, to, d->text);
}

static void
done(struct rewriter *w, const struct rewrite_done *d)
{
	struct peer_rewrite *p = w->home;
	struct question *x;
	struct content c = { .bytes = d->bytes,
		.fd = d->fd,
		.size_bytes = d->size_bytes,
		.has_8bit = d->has_8bit,
		.has_dots = d->has_dots };

	x = question_find(p, d->job);
	if (x == NULL || x->asked != w) {
		content_drop(&c);
		return;
	}
	question_end(p, x);
	if (d->status <= REWRITE_UNCHANGED && d->text.n > 0)
		tell_untracked(p, d);
	if (d->status == REWRITE_OK) {
		pool_rewritten(p->q->pool, d->job, &c);
		return;
	}
	content_drop(&c);
	if (d->status == REWRITE_UNCHANGED)
		pool_rewritten(p->q->pool, d->job, NULL);
	else
		pool_not_rewritten(p->q->pool, d->job, d->status == REWRITE_LATER, d->text);
}

/* What goes out is what was signed: nobody can change it any more, nor cut it under deliverd's hands. */
static bool
is_whole(const struct rewrite_done *d)
{
	uint64_t size_bytes;
	struct err err;

	return sealed_size(d->fd, &size_bytes, &err) == 0 && size_bytes >= d->size_bytes;
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct rewriter *w = ctx;
	struct rewrite_done d = { .fd = -1 };

	if (m->type != REWRITE_DONE || rewrite_done_get(m, &d) == -1)
		chan_bad(c, "a record that is none of the rewriter's");
	else if (d.fd != -1 && !is_whole(&d)) {
		close(d.fd);
		chan_bad(c, "a message that it could still change, or that is not all there");
	} else
		done(w, &d);
	ask_waiting(w->home);
}

/* What was asked of it is asked of another, or of its successor. */
static void
hand_on(struct rewriter *w)
{
	struct peer_rewrite *p = w->home;
	struct question *x;

	while ((x = TAILQ_FIRST(&w->in_hand)) != NULL) {
		struct transaction *t = transaction_find(p->q->pool, x->by_job.hash);

		leave(p, x);
		if (t == NULL)
			question_end(p, x);
		else
			line_up(p, x, t);
	}
	ask_waiting(p);
}

static void
on_room(void *ctx)
{
	struct rewriter *w = ctx;

	ask_waiting(w->home);
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct rewriter *w = ctx;

	if (w->chan != c)
		return;
	log_warn("rewriter-gone", "worker=%u why=\"%s\"", w->instance, why);
	w->chan = NULL;
	hand_on(w);
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_rewrite *p = ctx;
	struct rewriter *w;

	if (instance >= WORKERS_MAX) {
		close(fd);
		return;
	}
	w = &p->workers[instance];
	if (w->chan != NULL)
		chan_free(w->chan);
	w->chan = chan_new(fd, "rewrite", QUEUE_BYTES, on_msg, on_close, w);
	chan_on_room(w->chan, on_room);
	if (instance >= p->workers_n)
		p->workers_n = instance + 1;
	hand_on(w);
}

struct peer_rewrite *
peer_rewrite_new(struct queued *q)
{
	struct peer_rewrite *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the rewriters");
	p->q = q;
	draw_init(&p->draw);
	draw_set_init(&p->waiting, &p->draw);
	TAILQ_INIT(&p->held_up);
	p->expected = role_peers(q->role, ROLE_REWRITE) > 0;
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		p->workers[i].home = p;
		p->workers[i].instance = i;
		TAILQ_INIT(&p->workers[i].in_hand);
	}
	role_on_peer(q->role, ROLE_REWRITE, on_connected, p);
	return p;
}
