#include "pool.h"
#include "aside.h"
#include "content.h"
#include "course.h"
#include "doing.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "peer_deliverd.h"
#include "peer_rewrite.h"
#include "queued.h"
#include "risk.h"
#include "sender.h"
#include "storage.h"
#include "store.h"

#include <bsd/stdlib.h>
#include <stdlib.h>

enum {
	DEFER_A_TURN = 500, /* deliveries of a lane that cannot connect */
	PASS_A_TURN = 64,  /* whose turn came and that are not to be sent: asked about again, say */
	OPEN_A_TURN = 4,   /* connections of one lane */
	BRING_A_TURN = 64, /* of a lane, from the disk */
	RISK_LOOK_MS = 2,  /* an end that comes to the disk makes a turn of its own */
};

struct pool {
	struct queued *q;
	struct table sessions, transactions;
	uint64_t last_number;
	uint32_t last_session;
	struct due again;
	unsigned passed_over; /* in this turn of the lane in hand */
	struct risk risk;
	bool at_risk; /* something was not fed in this turn, since ends are not on disk */
	bool open, stopped;
};

struct table *
pool_sessions(struct pool *p)
{
	return &p->sessions;
}

struct table *
pool_transactions(struct pool *p)
{
	return &p->transactions;
}

struct queued *
pool_queued(struct pool *p)
{
	return p->q;
}

uint64_t
pool_number(struct pool *p)
{
	return ++p->last_number;
}

uint32_t
pool_session_number(struct pool *p)
{
	do
		p->last_session++;
	while (p->last_session == 0 || session_find(p, p->last_session) != NULL);
	return p->last_session;
}

/* ---- feeding ---- */

static void
hand_over(struct pool *p, struct transaction *t, const struct content *c)
{
	struct err err;

	if (worker_transact(t->session->worker, t, c, sender_address(p->q, t)) == 0)
		return;
	err_set(&err, "a transaction longer than %d bytes", MSG_RECORD_MAX);
	course_unreadable(p->q, t, &err);
}

/* Puts the transaction's bytes on their way. The message is gone from the disk or damaged: its deliveries say so. */
static void
feed_plain(struct pool *p, struct transaction *t)
{
	struct content c;
	struct err err;

	if (content_open(p->q, t->message, &c, &err) == -1) {
		course_unreadable(p->q, t, &err);
		return;
	}
	hand_over(p, t, &c);
}

/* False: each of its deliveries was set aside, and the transaction is gone with the last. */
static bool
moved(struct pool *p, struct transaction *t, enum delivery_state to)
{
	uint32_t left = t->left, n = t->n;

	for (uint32_t i = 0; i < n && left > 0; i++)
		if (t->deliveries[i] != NULL && !aside_move(p->q, t->deliveries[i], to))
			left--;
	return left > 0;
}

static void
feed(struct pool *p, struct transaction *t)
{
	DOING(t->deliveries[0], DOING_SENT);

	t->fed_ms = loop_now_ms();
	risk_fed(&p->risk, t->fed_ms);
	t->rewriting = rewrite_wanted(p->q, t->deliveries[0]);
	if (!moved(p, t, t->rewriting ? DELIVERY_REWRITING : DELIVERY_SENDING))
		return;
	if (!t->rewriting) {
		feed_plain(p, t);
		return;
	}
	peer_rewrite_ask(p->q->rewrite, t);
}

static struct delivery *
delivery_of(struct draw_item *i)
{
	return (struct delivery *)(void *)((char *)i - offsetof(struct delivery, item));
}

/* Takes this one out of its line, and with it what stands behind it of the same message, as far as limits go. How many bytes
 * they are is the channel's business: it sends a long record in parts. */
static uint32_t
gather(struct pool *p, struct lane *l, struct draw_item *i, struct delivery **d)
{
	struct draw_item *behind = draw_behind(i);
	size_t most = l->site->limits->of[LIMIT_RECIPIENTS].value;
	uint32_t n = 0;

	d[n] = delivery_of(i);
	if (most == 0 || most > DELIVER_RCPTS_MAX)
		most = DELIVER_RCPTS_MAX;
	if (sender_is_personal(p->q, d[0]) || rewrite_is_personal(p->q, d[0]))
		most = 1;
	draw_remove(i);
	n++;
	while (n < most && behind != NULL) {
		struct delivery *more = delivery_of(behind);

		if (more->message != d[0]->message || more->need_7bit != d[0]->need_7bit ||
		    sender_is_personal(p->q, more))
			break;
		behind = draw_behind(behind);
		draw_remove(&more->item);
		d[n++] = more;
	}
	return n;
}

/* What the DNS or a reload changed since they lined up sends them elsewhere: a domain's mail goes to its own hosts alone. */
static uint32_t
without_moved(struct pool *p, struct delivery **d, uint32_t n)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!course_moved(p->q, d[i]))
			d[left++] = d[i];
	return left;
}

/* Deliveries past their time are given up here: a lane that waits long looks at each when its turn comes. */
static uint32_t
without_expired(struct pool *p, struct delivery **d, uint32_t n)
{
	const struct message *m = d[0]->message;

	if (!retry_expired(&m->stream->retry, m->envelope->received_ms, loop_wall_ms()))
		return n;
	for (uint32_t i = 0; i < n; i++)
		course_expired(p->q, d[i]);
	return 0;
}

/* How many are left, in front. */
static uint32_t
without_suppressed(struct pool *p, struct delivery **d, uint32_t n)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!course_recheck(p->q, d[i]))
			d[left++] = d[i];
	return left;
}

/* So are those whose tenant is suspended here: they make room for the others. */
static uint32_t
without_suspended(struct pool *p, struct delivery **d, uint32_t n)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		if (lane_ban(d[i]->lane, d[i]) != NULL)
			course_tenant_away(p->q, d[i]);
		else /* an operator's try goes out alone */
			d[left++] = d[i];
	return left;
}

static void
feed_session(struct pool *p, struct session *s, struct draw_item *i)
{
	struct delivery *d[DELIVER_RCPTS_MAX];
	const struct limit *most = &s->lane->site->limits->of[LIMIT_PER_CONNECTION];
	uint32_t n = gather(p, s->lane, i, d);

	n = without_expired(p, d, n);
	n = without_moved(p, d, n);
	n = without_suspended(p, d, without_suppressed(p, d, n));
	if (n == 0) {
		p->passed_over++;
		return;
	}
	lane_sent(s->lane);
	for (uint32_t k = 0; k < n; k++)
		delivery_unreached(d[k], false);
	feed(p, transaction_new(p, s, d[0]->message, d, n));
	if (most->value > 0 && s->fed >= most->value)
		session_close(s);
}

static bool
has_room(struct session *s, unsigned ahead)
{
	if (!session_has_room(s, ahead))
		return false;
	if (!worker_full(s->worker))
		return true;
	lane_hosts_stalled(s->hosts);
	return false;
}

static struct session *
session_with_room(struct lane_hosts *h)
{
	struct session *s;

	for (unsigned ahead = 1; ahead <= SESSION_AHEAD; ahead++)
		TAILQ_FOREACH (s, &h->sessions, link)
			if (has_room(s, ahead))
				return s;
	return NULL;
}

/* Where a rate holds the messages, or ends that are not on disk do, a connection that has room is enough. */
static bool
wants_connection(const struct pool *p, struct lane_hosts *h)
{
	if (h->waiting.n == 0 || !lane_hosts_want(h))
		return false;
	return (!lane_is_paced(h->lane) && !p->at_risk) || session_with_room(h) == NULL;
}

static bool
may_feed(struct pool *p)
{
	struct risk_ends ends;

	store_ends(p->q->store, &ends);
	p->at_risk = !risk_may_feed(&p->risk, loop_now_ms(), &ends);
	return !p->at_risk;
}

/* Whether this turn has looked at enough mail that was not to be sent, or has sent as much as may be lost. */
static bool
enough(struct pool *p, struct lane_hosts *h)
{
	if (p->passed_over < PASS_A_TURN && may_feed(p))
		return false;
	lane_hosts_wake(h);
	return true;
}

/* Gives each session with room one. True: some took one, or what was next went elsewhere. */
static bool
feed_round(struct pool *p, struct lane_hosts *h, unsigned ahead)
{
	bool fed = false;
	struct session *s, *next;

	for (s = TAILQ_FIRST(&h->sessions); s != NULL && h->waiting.n > 0; s = next) {
		struct draw_item *i;

		next = TAILQ_NEXT(s, link);
		if (!has_room(s, ahead))
			continue;
		if (enough(p, h))
			return false;
		if (!lane_may_send(h->lane)) {
			lane_hosts_hold(h);
			return false;
		}
		i = draw_peek(&h->waiting);
		draw_pay(i);
		feed_session(p, s, i);
		fed = true;
	}
	return fed;
}

/* ---- one set of hosts ---- */

/* Who waits for hosts that are away is told so, some a turn, and stands where it stood when all were. */
static void
tell_waiting(struct pool *p, struct lane_hosts *h)
{
	struct draw_item *i;

	if (!h->telling) {
		h->telling = true;
		h->untold = h->waiting.n;
	}
	for (unsigned n = 0; n < DEFER_A_TURN && h->untold > 0; n++, h->untold--) {
		struct delivery *d;

		i = draw_take(&h->waiting);
		if (i == NULL)
			return;
		d = delivery_of(i);
		course_hosts_away(p->q, d);
		if (d->state == DELIVERY_LANE)
			lane_put(h->lane, h->set, d);
	}
	if (h->untold > 0)
		lane_hosts_wake(h);
}

/* What it can take by itself it takes; for what the lane shares out it says what it wants. */
static void
look_at(struct pool *p, struct lane_hosts *h)
{
	bool paced = lane_is_paced(h->lane);

	if (lane_hosts_done(h))
		return;
	if (h->waiting.n > 0 && lane_hosts_away(h)) {
		tell_waiting(p, h);
		return;
	}
	for (unsigned ahead = 1; !paced && ahead <= SESSION_AHEAD; ahead++)
		while (feed_round(p, h, ahead))
			continue;
	draw_wants(
	    &h->waiting, DRAW_PERMIT, paced && h->waiting.n > 0 && session_with_room(h) != NULL);
	draw_wants(&h->waiting, DRAW_CONNECTION, wants_connection(p, h));
}

/* ---- what a lane shares out ---- */

static void
share_permits(struct pool *p, struct lane *l)
{
	struct draw_item *i;

	while ((i = draw_turn(&l->draw, DRAW_PERMIT)) != NULL) {
		struct lane_hosts *h = lane_hosts_of_item(i);
		struct session *s = session_with_room(h);

		if (s == NULL) {
			draw_wants(&h->waiting, DRAW_PERMIT, false);
			draw_wants(&h->waiting, DRAW_CONNECTION, wants_connection(p, h));
			continue;
		}
		if (enough(p, h) || !lane_may_send(l))
			return;
		draw_charge(i, DRAW_PERMIT, i->cost);
		feed_session(p, s, i);
	}
}

static bool
open_session(struct pool *p, struct lane_hosts *h)
{
	struct worker *w = worker_for(p->q->deliverd, h->set->hosts[0].name);
	struct session *s;

	if (w == NULL) {
		h->lane->wait = LANE_NO_WORKER;
		return false;
	}
	s = session_new(p, h, w);
	lane_connected(h->lane);
	worker_open(w, s);
	h->lane->wait = LANE_CONNECTING;
	return true;
}

enum shared { SHARED_ON, SHARED_OPENED, SHARED_OUT };

/* The connection that may be made is these hosts', for this delivery. */
static enum shared
share_connection(struct pool *p, struct lane_hosts *h, struct draw_item *i)
{
	struct lane *l = h->lane;
	bool more = h->sessions_n > 0;

	if (!wants_connection(p, h) || session_adopt(h)) {
		draw_wants(&h->waiting, DRAW_CONNECTION, false);
		return SHARED_ON;
	}
	/* One more than they have must not keep others from their first. */
	if (lane_is_full(l) && more) {
		l->wait = LANE_CONNECTIONS;
		draw_wants(&h->waiting, DRAW_CONNECTION, false);
		lane_hosts_hold(h);
		return SHARED_ON;
	}
	if (lane_is_full(l))
		session_make_room(l);
	if (!lane_may_connect(l) || !open_session(p, h))
		return SHARED_OUT;
	draw_charge(i, DRAW_CONNECTION, 1);
	return SHARED_OPENED;
}

static void
share_connections(struct pool *p, struct lane *l)
{
	unsigned opened = 0, away = 0;
	struct draw_item *i;

	if (l->draw.n == 0 ||
	    !lane_may_send(l)) /* woken when it may: what could send nothing needs no connection */
		return;
	while (opened < OPEN_A_TURN && away < DEFER_A_TURN &&
	       (i = draw_turn(&l->draw, DRAW_CONNECTION)) != NULL) {
		struct delivery *d = delivery_of(i);

		if (lane_ban(l, d) != NULL) { /* none is made for a tenant that is suspended here */
			lane_take_out(d);
			course_tenant_away(p->q, d);
			away++;
			continue;
		}
		switch (share_connection(p, lane_hosts_of_item(i), i)) {
		case SHARED_ON:
			break;
		case SHARED_OPENED:
			opened++;
			break;
		case SHARED_OUT:
			return;
		}
	}
	if (opened == OPEN_A_TURN || away == DEFER_A_TURN)
		lane_wake(l);
}

/* ---- lanes ---- */

/* Who waits in a lane that is suspended is told so and comes back later, some a turn. */
static void
defer_all(struct pool *p, struct lane *l)
{
	struct draw_item *i;

	for (unsigned n = 0; n < DEFER_A_TURN && (i = draw_any(&l->draw)) != NULL; n++) {
		struct delivery *d = delivery_of(i);

		draw_remove(i);
		course_lane_away(p->q, d);
	}
	if (l->draw.n > 0)
		lane_wake(l);
}

static bool
lane_is_away(const struct lane *l)
{
	return l->sessions_n == l->connecting_n && l->adapt.until_ms > loop_now_ms();
}

/* What waits on disk for room in the lane's window, as far as there is some. */
static void
bring_parked(struct pool *p, struct lane *l)
{
	struct parked e;

	lane_served(l);
	if (lane_is_away(l)) /* woken when it is back */
		return;
	for (unsigned n = 0; n < BRING_A_TURN; n++) {
		if (!lane_unpark(l, &e))
			return;
		course_unpark(p->q, &e);
	}
	lane_wake(l);
}

/* Hosts that are woken while these are looked at come in the next turn. */
static void
serve(struct pool *p, struct lane *l)
{
	struct lane_hosts *last = TAILQ_LAST(&l->woken_hosts, lane_hosts_list), *h;

	l->wait = LANE_FREE;
	p->passed_over = 0;
	if (l->draw.n > 0 && lane_is_away(l)) {
		defer_all(p, l);
		return;
	}
	while (last != NULL && (h = lane_hosts_next(l)) != NULL) {
		bool was_last = h == last;

		look_at(p, h);
		if (was_last)
			break;
	}
	/* Before one set's connection takes the last permit: another may have none yet. */
	share_connections(p, l);
	share_permits(p, l);
}

static void
risk_turn_ends(struct pool *p)
{
	struct risk_ends ends;

	store_ends(p->q->store, &ends);
	risk_turn(&p->risk, loop_now_ms(), &ends, p->at_risk);
}

/* Lanes that are woken while these are served come in the next turn, which the timer makes sure of. */
static void
on_turn_end(void *ctx)
{
	struct pool *p = ctx;
	bool may_send = store_may_send(p->q->store) && storage_may_send(p->q),
	     serves = p->open && !p->stopped && may_send;
	struct lane_list woken;
	struct lane *l;

	p->at_risk = false;
	if (serves) {
		lanes_woken(p->q->lanes, &woken);
		while ((l = lane_list_next(&woken)) != NULL) {
			serve(p, l);
			bring_parked(p, l);
		}
		risk_turn_ends(p);
	}
	if (may_send)
		peer_rewrite_serve(p->q->rewrite);
	if (serves && lanes_any_woken(p->q->lanes))
		schedule_set(
		    &p->q->schedule, &p->again, loop_now_ms() + (p->at_risk ? RISK_LOOK_MS : 0));
}

static void
on_again(void *ctx, struct due *due)
{
	(void)ctx;
	(void)due; /* that there was a turn is all */
}

/* ---- what workers say ---- */

/* NULL: it has none of that number. A worker is believed about its own alone. */
static struct session *
own_session(struct pool *p, const struct worker *w, uint32_t number)
{
	struct session *s = session_find(p, number);

	return s != NULL && s->worker == w ? s : NULL;
}

void
pool_opened(struct pool *p, const struct worker *w, const struct deliver_opened *o)
{
	struct session *s = own_session(p, w, o->session);

	if (s == NULL || s->state != SESSION_OPENING)
		return;
	session_stood(s, host_set_find(s->hosts->set, o->server, o->address, o->port));
}

/* Said by a worker that had it before a restart, while another has it now: only that it arrived counts. */
static struct delivery *
reclaimed(struct pool *p, struct delivery *d, const struct deliver_result *r)
{
	if (d->transaction == NULL)
		return d;
	if (r->outcome != OUTCOME_DELIVERED)
		return NULL;
	return transaction_take(p, d->transaction, d->index);
}

/* The first that comes back of a transaction says that none of it left. Behind an answer it is one recipient too many. */
static void
unsent(struct transaction *t)
{
	if (t->left != t->n)
		return;
	lane_unsent(t->session->lane);
	session_unsent(t->session);
}

/* By transaction, or for what an earlier queued fed (transaction 0), by id and index. A transaction of ours that is not known
 * any more was handed back when its session closed; what comes of it then is late: its delivery is elsewhere by now. */
static struct delivery *
whose(struct pool *p, const struct worker *w, const struct deliver_result *r)
{
	struct transaction *t = r->transaction == 0 ? NULL : transaction_find(p, r->transaction);
	struct message *m;

	if (t != NULL && t->session->worker == w && !t->rewriting &&
	    id_eq(t->message->envelope->id, r->id)) {
		if (t->left == t->n)
			risk_answered(&p->risk, loop_now_ms(), t->fed_ms);
		if (r->outcome == OUTCOME_UNSENT)
			unsent(t);
		else if (r->outcome != OUTCOME_LOST)
			session_answered(t->session);
		return transaction_take(p, t, r->index);
	}
	if (r->transaction != 0)
		return NULL;
	m = storage_bring(p->q, r->id);
	if (m == NULL || r->index >= m->envelope->rcpts_n)
		return NULL;
	return reclaimed(p, &m->deliveries[r->index], r);
}

void
pool_result(struct pool *p, struct worker *w, const struct deliver_result *r)
{
	struct delivery *d = whose(p, w, r);

	if (d != NULL && course_awaits_result(p->q, d)) {
		d->result_worker = w;
		d->result_life = w->life;
		d->result_number = r->number;
		course_result(p->q, d, r);
		return;
	}
	course_stray(p->q, w, r, d);
}

/* Every recipient of the session that has no result gets this one. */
static void
hand_back(struct pool *p, struct session *s, const struct deliver_result *r)
{
	struct transaction *t;

	while ((t = TAILQ_FIRST(&s->transactions)) != NULL) {
		struct delivery *d = transaction_first(t);

		if (t->rewriting)
			peer_rewrite_forget(p->q->rewrite, t->number);
		if (r->outcome == OUTCOME_UNSENT && t->left == t->n)
			lane_unsent(s->lane);
		transaction_take(p, t, d->index);
		course_result(p->q, d, r);
	}
}

/* A connection that let us in and ended without an answer to anything brought as little as one that was never made. One that carried
 * mail and ended has done its work, whoever ended it; so has one that was told to close. */
static bool
brought_nothing(const struct session *s, const struct deliver_closed *c)
{
	bool told_to = c->stood && c->code == 0 && c->text.n == 0;

	return !s->worker->draining && (s->useless || (!s->answered && !told_to));
}

void
pool_closed(struct pool *p, const struct worker *w, const struct deliver_closed *c)
{
	struct session *s = own_session(p, w, c->session);
	struct deliver_result unsent = {
		.outcome = OUTCOME_UNSENT, .stage = STAGE_IDLE, .text = c->text
	};
	struct lane_hosts *h;
	bool failed;

	if (s == NULL)
		return;
	h = s->hosts;
	failed = brought_nothing(s, c);
	s->close_told = true;
	hand_back(p, s, &unsent);
	session_free(p, s);
	if (failed)
		course_connect_failed(p->q, h, c);
	else if (c->code != 0)
		course_dismissed(h, c);
}

void
pool_underway(struct pool *p, struct worker *w, const struct deliver_underway *u)
{
	struct message *m = storage_bring(p->q, u->id);

	if (m != NULL && u->index < m->envelope->rcpts_n)
		course_underway(p->q, &m->deliveries[u->index], w);
}

void
pool_worker_drains(struct pool *p, struct worker *w)
{
	for (struct table_node *n = table_each(&p->sessions, NULL); n != NULL;
	     n = table_each(&p->sessions, n)) {
		struct session *s = TABLE_OF(n, struct session, by_number);

		if (s->worker == w)
			session_close(s);
	}
}

/* Its sessions are over. What was in them may have arrived or not: it is tried again, but not at once. */
void
pool_worker_gone(struct pool *p, struct worker *w)
{
	struct deliver_result lost = { .outcome = OUTCOME_LOST,
		.stage = STAGE_IDLE,
		.text = SPAN_LIT("the delivery process ended before the answer came") };
	struct table_node *n = table_each(&p->sessions, NULL), *next;

	for (; n != NULL; n = next) {
		struct session *s = TABLE_OF(n, struct session, by_number);

		next = table_each(&p->sessions, n);
		if (s->worker != w)
			continue;
		hand_back(p, s, &lost);
		session_free(p, s);
	}
	course_worker_gone(p->q, w);
}

/* ---- the rewriter ---- */

void
pool_rewritten(struct pool *p, uint64_t number, const struct content *c)
{
	struct transaction *t = transaction_find(p, number);
	struct session *s;

	if (t == NULL || !t->rewriting) {
		content_drop(c);
		return;
	}
	s = t->session;
	t->rewriting = false;
	if (!moved(p, t, DELIVERY_SENDING))
		content_drop(c);
	else if (c == NULL)
		feed_plain(p, t);
	else
		hand_over(p, t, c);
	session_close_due(s);
}

void
pool_not_rewritten(struct pool *p, uint64_t number, bool ever, struct span why)
{
	struct transaction *t = transaction_find(p, number);

	if (t != NULL)
		course_not_rewritten(p->q, t, ever, why);
}

/* ---- life ---- */

struct pool *
pool_new(struct queued *q)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the pool");
	p->q = q;
	p->last_session =
	    arc4random(); /* the workers may still have sessions of the queued before us */
	p->again = (struct due){ .fire = on_again, .ctx = p };
	loop_at_turn_end(on_turn_end, p);
	return p;
}

void
pool_open(struct pool *p)
{
	p->open = true;
	log_info("scheduling", "messages=%zu", p->q->messages.by_id.n);
	lanes_wake_all(p->q->lanes);
}

bool
pool_is_open(const struct pool *p)
{
	return p->open;
}

void
pool_stop(struct pool *p)
{
	p->stopped = true;
}
