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
#include "rewrite_turns.h"
#include "role.h"
#include "sealed.h"
#include "sender.h"

#include <stdlib.h>
#include <unistd.h>

/* What a worker has in hand is bounded (rewrite_turns.h), so its channel never fills. */
enum {
	QUEUE_BYTES = 4 << 20,
	WORKERS_MAX =
	    1024 /* the master has no more seats (house.h), whatever drains beside those that are new */
};

/* A message that was there when rewriters died: then it is tried alone, then signed and nothing else, then sent as it is. */
enum { DEATHS_ALONE = 2, DEATHS_PLAIN = 3, DEATHS_AS_IT_IS = 4 };

struct rewriter {
	struct peer_rewrite *home;
	struct chan *chan;
	unsigned instance;
};

/* A transaction that waits for its bytes: job and transaction have one number. */
struct question {
	struct table_node by_job;
	struct turn_job turn;
	TAILQ_ENTRY(question) link; /* among the held up */
	bool held_up; /* its deliverd worker reads nothing: bytes would only pile up */
	struct id message;
	bool forgotten; /* its transaction is over, but a worker has it in hand */
};

struct peer_rewrite {
	struct queued *q;
	struct rewriter workers[WORKERS_MAX];
	struct turn_worker hands[WORKERS_MAX]; /* turns has those that were ever there */
	struct turns turns;
	TAILQ_HEAD(, question) held_up;
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
		.plain = m->rewriter_deaths >= DEATHS_PLAIN,
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
question_of(const struct peer_rewrite *p, uint64_t number)
{
	return TABLE_OF(table_first(&p->questions, number), struct question, by_job);
}

static void
question_free(struct peer_rewrite *p, struct question *x)
{
	turns_remove(&x->turn);
	if (x->held_up)
		TAILQ_REMOVE(&p->held_up, x, link);
	table_remove(&p->questions, &x->by_job);
	free(x);
}

/* Told once a delivery: later attempts are rewritten anew. */
static void
tell_untracked(struct peer_rewrite *p, const struct transaction *t, struct span reason)
{
	struct delivery *to;
	uint32_t at = 0;

	while ((to = transaction_next(t, &at)) != NULL)
		if (to->attempts == 0)
			events_untracked(p->q->events, to, reason);
}

static void
log_deaths(const struct message *m, const char *then)
{
	log_begin(LOG_LEVEL_WARN, "rewriter-killed");
	log_kvs("id", id_text(m->envelope->id).c);
	log_num("deaths", m->rewriter_deaths);
	log_kvs("then", then);
	log_end();
}

/* Every rewriter that had it died: it goes as it came, or cannot go where it would have to be another. */
static void
give_up(struct peer_rewrite *p, struct question *x, struct transaction *t)
{
	uint64_t number = t->number;

	question_free(p, x);
	log_deaths(t->message, "sent as it came");
	if (transaction_first(t)->need_7bit) {
		pool_not_rewritten(p->q->pool, number, false,
		    SPAN_LIT("the server takes no 8-bit mail, and this one cannot be made 7-bit"));
		return;
	}
	tell_untracked(p, t, SPAN_LIT("crashed"));
	pool_rewritten(p->q->pool, number, NULL);
}

static void
give(struct peer_rewrite *p, struct question *x)
{
	struct transaction *t = transaction_find(p->q->pool, x->by_job.hash);
	struct rewriter *w = &p->workers[x->turn.with - p->hands];
	struct content c;
	struct err err;

	if (t == NULL)
		question_free(p, x);
	else if (t->message->rewriter_deaths >= DEATHS_AS_IT_IS)
		give_up(p, x, t);
	else if (worker_full(t->session->worker)) {
		turns_remove(&x->turn);
		x->held_up = true;
		TAILQ_INSERT_TAIL(&p->held_up, x, link);
	} else if (content_open(p->q, t->message, &c, &err) == -1) {
		question_free(p, x);
		course_unreadable(p->q, t, &err);
	} else
		ask(p, w, t, &c);
}

void
peer_rewrite_serve(struct peer_rewrite *p)
{
	struct turn_job *j;

	while ((j = turns_next(&p->turns)) != NULL)
		give(p, (struct question *)(void *)((char *)j - offsetof(struct question, turn)));
}

static void
wait_for_turn(struct peer_rewrite *p, struct question *x, const struct transaction *t)
{
	const struct message *m = t->message;
	struct draw_place place = { m->envelope->tenant, m->envelope->campaign,
		transaction_first(t)->immediate ? 0 : m->stream->priority, m->tenant->weight,
		false };

	turns_put(
	    &p->turns, &x->turn, &place, m->facts.size_bytes, m->rewriter_deaths >= DEATHS_ALONE);
}

void
peer_rewrite_go_on(struct peer_rewrite *p)
{
	struct question *x;

	while ((x = TAILQ_FIRST(&p->held_up)) != NULL) {
		struct transaction *t = transaction_find(p->q->pool, x->by_job.hash);

		TAILQ_REMOVE(&p->held_up, x, link);
		x->held_up = false;
		if (t == NULL)
			question_free(p, x);
		else
			wait_for_turn(p, x, t);
	}
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
	x->message = t->message->envelope->id;
	table_put(&p->questions, &x->by_job, t->number);
	wait_for_turn(p, x, t);
}

/* What a worker has in hand stays its until it answers. */
void
peer_rewrite_forget(struct peer_rewrite *p, uint64_t number)
{
	struct question *x = question_of(p, number);

	if (x != NULL && x->turn.with != NULL)
		x->forgotten = true;
	else if (x != NULL)
		question_free(p, x);
}

/* An answer shows that it is not this message that kills. */
static void
clear_of_deaths(struct peer_rewrite *p, struct id id)
{
	struct message *m = message_find(&p->q->messages, id);

	if (m != NULL && m->rewriter_deaths < DEATHS_PLAIN)
		m->rewriter_deaths = 0;
}

static void
done(struct peer_rewrite *p, struct turn_worker *hand, const struct rewrite_done *d)
{
	struct content c = { .bytes = d->bytes,
		.fd = d->fd,
		.size_bytes = d->size_bytes,
		.has_8bit = d->has_8bit,
		.has_dots = d->has_dots };
	struct question *x = question_of(p, d->job);
	struct transaction *t;

	if (x == NULL || x->turn.with != hand) {
		content_drop(&c);
		return;
	}
	t = x->forgotten ? NULL : transaction_find(p->q->pool, d->job);
	clear_of_deaths(p, x->message);
	question_free(p, x);
	if (t != NULL && d->status <= REWRITE_UNCHANGED && d->text.n > 0)
		tell_untracked(p, t, d->text);
	if (t != NULL && d->status == REWRITE_OK) {
		pool_rewritten(p->q->pool, d->job, &c);
		return;
	}
	content_drop(&c);
	if (t != NULL && d->status == REWRITE_UNCHANGED)
		pool_rewritten(p->q->pool, d->job, NULL);
	else if (t != NULL)
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

static struct turn_worker *
hand_of(struct rewriter *w)
{
	return &w->home->hands[w->instance];
}

/* It is stopped: it gets nothing new, and ends when it has answered all it has. */
static void
leaving(struct rewriter *w)
{
	hand_of(w)->there = false;
	rewrite_leave_put(w->chan);
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct rewriter *w = ctx;
	struct rewrite_done d = { .fd = -1 };

	if (m->type == REWRITE_LEAVING)
		leaving(w);
	else if (m->type != REWRITE_DONE || rewrite_done_get(m, &d) == -1)
		chan_bad(c, "a record that is none of the rewriter's");
	else if (d.fd != -1 && !is_whole(&d)) {
		close(d.fd);
		chan_bad(c, "a message that it could still change, or that is not all there");
	} else
		done(w->home, hand_of(w), &d);
}

/* What it had in hand is asked anew; each may be what killed it. */
static void
ask_again(struct peer_rewrite *p, struct question *x)
{
	struct message *m = message_find(&p->q->messages, x->message);
	struct transaction *t = x->forgotten ? NULL : transaction_find(p->q->pool, x->by_job.hash);

	if (m != NULL && m->rewriter_deaths < UINT8_MAX)
		m->rewriter_deaths++;
	if (m != NULL && m->rewriter_deaths == DEATHS_PLAIN)
		log_deaths(m, "signed only");
	turns_remove(&x->turn);
	if (t == NULL)
		question_free(p, x);
	else
		wait_for_turn(p, x, t);
}

static void
gone(struct rewriter *w)
{
	struct turn_worker *hand = hand_of(w);
	struct turn_job *j;

	w->chan = NULL;
	hand->there = false;
	while ((j = TAILQ_FIRST(&hand->jobs)) != NULL)
		ask_again(w->home,
		    (struct question *)(void *)((char *)j - offsetof(struct question, turn)));
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct rewriter *w = ctx;

	if (w->chan != c)
		return;
	log_info("rewriter-gone", "worker=%u messages=%u why=\"%s\"", w->instance,
	    hand_of(w)->jobs_n, why);
	gone(w);
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_rewrite *p = ctx;
	struct rewriter *w;

	if (instance >= WORKERS_MAX) {
		log_error("rewriter-refused",
		    "worker=%u why=\"this queued knows %d rewriters at most\"", instance,
		    WORKERS_MAX);
		close(fd);
		return;
	}
	w = &p->workers[instance];
	if (w->chan != NULL) {
		chan_free(w->chan);
		gone(w);
	}
	w->chan = chan_new(fd, "rewrite", QUEUE_BYTES, on_msg, on_close, w);
	p->hands[instance].there = true;
	turns_has(&p->turns, instance + 1);
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
	turns_init(&p->turns, p->hands, WORKERS_MAX, 0);
	TAILQ_INIT(&p->held_up);
	role_on_peer(q->role, ROLE_REWRITE, on_connected, p);
	return p;
}
