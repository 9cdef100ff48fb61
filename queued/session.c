#include "session.h"
#include "err.h"
#include "loop.h"
#include "peer_deliverd.h"
#include "pool.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

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
session_new(struct pool *p, struct lane *l, struct worker *w)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a session");
	s->number = pool_session_number(p);
	s->lane = l;
	s->worker = w;
	s->due = (struct due){ .fire = on_idle, .ctx = s };
	TAILQ_INIT(&s->transactions);
	TAILQ_INSERT_TAIL(&l->sessions, s, link);
	l->sessions_n++;
	l->connecting_n++;
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
session_stood(struct session *s)
{
	must(s->state == SESSION_OPENING);
	s->state = SESSION_STANDS;
	s->lane->connecting_n--;
	s->idle_since_ms = loop_now_ms();
	idle_watch(s);
}

bool
session_has_room(const struct session *s, unsigned ahead)
{
	return s->state == SESSION_STANDS && s->in_flight < ahead;
}

void
session_close(struct session *s)
{
	if (s->state == SESSION_CLOSING)
		return;
	if (s->state == SESSION_OPENING)
		s->lane->connecting_n--;
	s->state = SESSION_CLOSING;
	schedule_clear(&worker_queued(s->worker)->schedule, &s->due);
	worker_close(s->worker, s->number);
}

void
session_free(struct pool *p, struct session *s)
{
	must(TAILQ_EMPTY(&s->transactions));
	if (s->state == SESSION_OPENING)
		s->lane->connecting_n--;
	s->lane->sessions_n--;
	TAILQ_REMOVE(&s->lane->sessions, s, link);
	schedule_clear(&pool_queued(p)->schedule, &s->due);
	table_remove(pool_sessions(p), &s->by_number);
	lane_wake(s->lane);
	free(s);
}

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
	s->in_flight--;
	s->idle_since_ms = loop_now_ms();
	lane_wake(s->lane);
	free(t);
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
