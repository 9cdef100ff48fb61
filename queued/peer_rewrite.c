#include "peer_rewrite.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "log.h"
#include "pool.h"
#include "proto_rewrite.h"
#include "queued.h"
#include "role.h"
#include "sealed.h"
#include "sender.h"

#include <stdlib.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, QUEUE_BYTES = 4 << 20 };

struct rewriter {
	struct peer_rewrite *home;
	struct chan *chan;
	unsigned instance;
};

/* A transaction that waits for its bytes: job and transaction have one number. */
struct question {
	struct table_node by_job;
	struct rewriter *asked; /* NULL: nobody yet */
};

struct peer_rewrite {
	struct queued *q;
	struct rewriter workers[WORKERS_MAX];
	unsigned workers_n, next;
	bool expected; /* the master runs some */
	struct table questions;
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

static struct rewriter *
next_worker(struct peer_rewrite *p)
{
	for (unsigned i = 0; i < p->workers_n; i++) {
		struct rewriter *w = &p->workers[p->next++ % p->workers_n];

		if (w->chan != NULL)
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

void
peer_rewrite_ask(struct peer_rewrite *p, struct transaction *t)
{
	struct question *x =
	    TABLE_OF(table_first(&p->questions, t->number), struct question, by_job);
	struct content c;
	struct err err;

	if (!p->expected) {
		pool_not_rewritten(p->q->pool, t->number, false,
		    SPAN_LIT("the server takes no 8-bit mail, and there is no rewriter to make it "
			     "7-bit"));
		return;
	}
	if (x == NULL) {
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			fatal("out of memory for a question to the rewriter");
		table_put(&p->questions, &x->by_job, t->number);
	}
	x->asked = next_worker(p);
	if (x->asked == NULL)
		return;
	if (content_open(p->q, t->message, &c, &err) == -1) {
		peer_rewrite_forget(p, t->number);
		course_unreadable(p->q, t, &err);
		return;
	}
	ask(p, x->asked, t, &c);
}

void
peer_rewrite_forget(struct peer_rewrite *p, uint64_t number)
{
	struct question *x = TABLE_OF(table_first(&p->questions, number), struct question, by_job);

	if (x == NULL)
		return;
	table_remove(&p->questions, &x->by_job);
	free(x);
}

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
done(struct peer_rewrite *p, const struct rewrite_done *d)
{
	struct content c = { .bytes = d->bytes,
		.fd = d->fd,
		.size_bytes = d->size_bytes,
		.has_8bit = d->has_8bit,
		.has_dots = d->has_dots };

	if (table_first(&p->questions, d->job) == NULL) {
		content_drop(&c);
		return;
	}
	peer_rewrite_forget(p, d->job);
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
		done(w->home, &d);
}

/* What was asked of w, or of nobody, is asked anew. */
static void
ask_again(struct peer_rewrite *p, const struct rewriter *w)
{
	struct table_node *n = table_each(&p->questions, NULL), *next;

	for (; n != NULL; n = next) {
		struct question *x = TABLE_OF(n, struct question, by_job);
		struct transaction *t;

		next = table_each(&p->questions, n);
		if (x->asked != NULL && x->asked != w)
			continue;
		t = transaction_find(p->q->pool, n->hash);
		if (t != NULL)
			peer_rewrite_ask(p, t);
	}
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct rewriter *w = ctx;

	if (w->chan != c)
		return;
	log_warn("rewriter-gone", "worker=%u why=\"%s\"", w->instance, why);
	w->chan = NULL;
	ask_again(w->home, w);
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
	if (instance >= p->workers_n)
		p->workers_n = instance + 1;
	ask_again(p, w);
}

struct peer_rewrite *
peer_rewrite_new(struct queued *q)
{
	struct peer_rewrite *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the rewriters");
	p->q = q;
	p->expected = role_peers(q->role, ROLE_REWRITE) > 0;
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		p->workers[i].home = p;
		p->workers[i].instance = i;
	}
	role_on_peer(q->role, ROLE_REWRITE, on_connected, p);
	return p;
}
