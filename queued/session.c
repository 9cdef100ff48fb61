#include "session.h"
#include "err.h"
#include "loop.h"
#include "peer_deliverd.h"
#include "pool.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum {
	TURN_MS =
	    10 *
	    1000, /* a connection may keep others out so long; setting one up takes a second at most */
	UNSENT_MOST =
	    8, /* transactions in a row: at a close that nobody knew of, those on their way come back */
	CLOSING_MOST =
	    4, /* of a lane, at once: each is soon over, and then another may have to go */
};

/* ---- where it is counted ---- */

static void
hosts_join(struct session *s, struct lane_hosts *h)
{
	s->hosts = h;
	TAILQ_INSERT_TAIL(&h->sessions, s, link);
	if (h->sessions_n++ == 0)
		h->lane->reached_n++;
	lane_hosts_wake(h);
}

static void
hosts_leave(struct session *s)
{
	struct lane_hosts *h = s->hosts;

	TAILQ_REMOVE(&h->sessions, s, link);
	if (--h->sessions_n == 0)
		h->lane->reached_n--;
	lane_hosts_wake(h);
}

static void
connecting(struct session *s, int more)
{
	s->lane->connecting_n += (uint32_t)more;
	s->hosts->connecting_n += (uint32_t)more;
}

static uint64_t
host_hash(const struct host *h)
{
	return (span_hash(h->name) * 31 + span_hash(h->address)) * 31 + h->port;
}

static void
idle_begins(struct session *s)
{
	s->idle_since_ms = loop_now_ms();
	if (s->state != SESSION_STANDS || s->idle)
		return;
	s->idle = true;
	TAILQ_INSERT_TAIL(&s->lane->idle, s, idle_link);
	if (s->host != NULL)
		table_put(&s->lane->idle_at, &s->idle_at, host_hash(s->host));
}

static void
idle_ends(struct session *s)
{
	if (!s->idle)
		return;
	s->idle = false;
	TAILQ_REMOVE(&s->lane->idle, s, idle_link);
	if (s->host != NULL)
		table_remove(&s->lane->idle_at, &s->idle_at);
}

static void
idle_watch(struct session *s)
{
	struct queued *q = worker_queued(s->worker);

	schedule_set(
	    &q->schedule, &s->due, s->idle_since_ms + (uint64_t)q->conf->session_idle_s * 1000);
}

/* The timer is set once for each idle time, not with each transaction: one that fires too early looks and waits on. */
static void
on_idle(void *ctx, struct due *due)
{
	struct session *s = ctx;
	uint64_t idle_ms = (uint64_t)worker_queued(s->worker)->conf->session_idle_s * 1000;

	if (s->in_flight > 0) {
		schedule_set(&worker_queued(s->worker)->schedule, due, loop_now_ms() + idle_ms + 1);
		return;
	}
	if (loop_now_ms() - s->idle_since_ms >= idle_ms)
		session_close(s);
	else
		idle_watch(s);
}

struct session *
session_new(struct pool *p, struct lane_hosts *h, struct worker *w)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a session");
	s->number = pool_session_number(p);
	s->lane = h->lane;
	s->worker = w;
	s->opened_ms = loop_now_ms();
	s->due = (struct due){ .fire = on_idle, .ctx = s };
	TAILQ_INIT(&s->transactions);
	TAILQ_INSERT_TAIL(&s->lane->sessions, s, lane_link);
	s->lane->sessions_n++;
	hosts_join(s, h);
	connecting(s, 1);
	table_put(pool_sessions(p), &s->by_number, s->number);
	return s;
}

struct session *
session_find(const struct pool *p, uint32_t number)
{
	return TABLE_OF(
	    table_first(pool_sessions((struct pool *)p), number), struct session, by_number);
}

void
session_stood(struct session *s, const struct host *host)
{
	must(s->state == SESSION_OPENING);
	s->state = SESSION_STANDS;
	s->host = host;
	connecting(s, -1);
	idle_begins(s);
	idle_watch(s);
	lane_opened(s->lane);
	lane_hosts_stood(s->hosts);
	lane_hosts_wake(s->hosts);
}

void
session_answered(struct session *s)
{
	s->unsent = 0;
	if (s->answered)
		return;
	s->answered = true;
	lane_hosts_answered(s->hosts);
}

void
session_unsent(struct session *s)
{
	if (++s->unsent < UNSENT_MOST || s->useless)
		return;
	s->useless = true;
	session_close(s);
}

bool
session_has_room(const struct session *s, unsigned ahead)
{
	return s->state == SESSION_STANDS && s->in_flight < ahead;
}

static void
close_with(struct session *s, enum deliver_haste haste)
{
	if (s->state == SESSION_CLOSING)
		return;
	if (s->state == SESSION_OPENING)
		connecting(s, -1);
	idle_ends(s);
	s->state = SESSION_CLOSING;
	s->lane->closing_n++;
	TAILQ_REMOVE(&s->lane->sessions, s, lane_link);
	schedule_clear(&worker_queued(s->worker)->schedule, &s->due);
	s->haste = haste;
	session_close_due(s);
}

static bool
is_rewriting(const struct session *s)
{
	const struct transaction *t;

	TAILQ_FOREACH (t, &s->transactions, link)
		if (t->rewriting)
			return true;
	return false;
}

void
session_close_due(struct session *s)
{
	if (s->state != SESSION_CLOSING || s->close_told || is_rewriting(s))
		return;
	s->close_told = true;
	worker_close(s->worker, s->number, s->haste);
}

void
session_close(struct session *s)
{
	close_with(s, DELIVER_AT_LEISURE);
}

void
session_free(struct pool *p, struct session *s)
{
	must(TAILQ_EMPTY(&s->transactions));
	if (s->state == SESSION_OPENING)
		connecting(s, -1);
	if (s->state == SESSION_CLOSING)
		s->lane->closing_n--;
	else
		TAILQ_REMOVE(&s->lane->sessions, s, lane_link);
	idle_ends(s);
	s->lane->sessions_n--;
	lane_wake_held(s->lane);
	hosts_leave(s);
	schedule_clear(&pool_queued(p)->schedule, &s->due);
	table_remove(pool_sessions(p), &s->by_number);
	free(s);
}

/* ---- one connection, several sets of hosts ---- */

static struct session *
idle_session_at(const struct lane_hosts *h, const struct host *host)
{
	struct table_node *n = table_first(&h->lane->idle_at, host_hash(host));

	for (; n != NULL; n = table_next(n)) {
		struct session *s = TABLE_OF(n, struct session, idle_at);

		if (s->hosts->waiting.n == 0 &&
		    host_set_takes(h->set, s->host, &s->hosts->set->terms))
			return s;
	}
	return NULL;
}

bool
session_adopt(struct lane_hosts *h)
{
	struct session *s = NULL;
	const struct host *host = h->set->hosts;

	for (uint32_t i = 0; i < h->set->hosts_n && s == NULL; i++)
		if (host[i].rank == host[0].rank)
			s = idle_session_at(h, &host[i]);
	if (s == NULL)
		return false;
	host = host_set_find(h->set, s->host->name, s->host->address, s->host->port);
	idle_ends(s);
	hosts_leave(s);
	hosts_join(s, h);
	s->host = host;
	idle_begins(s);
	return true;
}

/* Idle ones first; then one of a set that has more than its share; then the oldest, when it has had its time. */
static struct session *
to_spare(const struct lane *l)
{
	uint32_t share = lane_connections_max(l) / (l->reached_n + 1);
	struct session *s;

	TAILQ_FOREACH (s, &l->idle, idle_link)
		if (s->hosts->waiting.n == 0)
			return s;
	TAILQ_FOREACH (s, &l->sessions, lane_link)
		if (s->state == SESSION_STANDS && s->hosts->sessions_n > 1 &&
		    s->hosts->sessions_n > share)
			return s;
	s = TAILQ_FIRST(&l->sessions);
	return s != NULL && loop_now_ms() >= s->opened_ms + TURN_MS ? s : NULL;
}

void
session_make_room(struct lane *l)
{
	struct session *s, *oldest = TAILQ_FIRST(&l->sessions);

	if (l->closing_n >= CLOSING_MOST)
		return;
	s = to_spare(l);
	if (s != NULL)
		close_with(s, DELIVER_HURRY);
	else if (oldest != NULL)
		lane_wake_at(l, oldest->opened_ms + TURN_MS);
}

/* ---- transactions ---- */

struct transaction *
transaction_new(
    struct pool *p, struct session *s, struct message *m, struct delivery **deliveries, uint32_t n)
{
	struct transaction *t = calloc(1, sizeof(*t) + n * sizeof(t->deliveries[0]));

	if (t == NULL)
		fatal("out of memory for a transaction");
	t->number = pool_number(p);
	t->session = s;
	t->message = m;
	t->n = t->left = n;
	memcpy(t->deliveries, deliveries, n * sizeof(t->deliveries[0]));
	for (uint32_t i = 0; i < n; i++)
		t->deliveries[i]->transaction = t;
	table_put(pool_transactions(p), &t->by_number, t->number);
	TAILQ_INSERT_TAIL(&s->transactions, t, link);
	idle_ends(s);
	s->in_flight++;
	s->fed++;
	return t;
}

struct transaction *
transaction_find(const struct pool *p, uint64_t number)
{
	return TABLE_OF(table_first(pool_transactions((struct pool *)p), number),
	    struct transaction, by_number);
}

struct delivery *
transaction_next(const struct transaction *t, uint32_t *at)
{
	while (*at < t->n)
		if (t->deliveries[(*at)++] != NULL)
			return t->deliveries[*at - 1];
	return NULL;
}

struct delivery *
transaction_first(const struct transaction *t)
{
	uint32_t at = 0;

	return transaction_next(t, &at);
}

static void
transaction_free(struct pool *p, struct transaction *t)
{
	struct session *s = t->session;

	TAILQ_REMOVE(&s->transactions, t, link);
	table_remove(pool_transactions(p), &t->by_number);
	if (--s->in_flight == 0)
		idle_begins(s);
	lane_hosts_wake(s->hosts);
	free(t);
	session_close_due(s);
}

struct delivery *
transaction_take(struct pool *p, struct transaction *t, uint32_t index)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct delivery *d = t->deliveries[i];

		if (d == NULL || d->index != index)
			continue;
		t->deliveries[i] = NULL;
		d->transaction = NULL;
		if (--t->left == 0)
			transaction_free(p, t);
		return d;
	}
	return NULL;
}
