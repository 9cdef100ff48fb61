#include "peer_deliverd.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "peer_rewrite.h"
#include "pool.h"
#include "queued.h"
#include "role.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { QUEUE_BYTES = 4 << 20, SYNC_WAIT_MS = 5000 };

struct peer_deliverd {
	struct queued *q;
	struct worker *
	    *workers; /* by instance, those that drain among them; NULL: there was none */
	unsigned workers_n;
	unsigned expected_n; /* that the master runs */
	TAILQ_HEAD(, worker) ack_due;
	struct due sync_over;
};

/* ---- in step ---- */

static void
synced_check(struct peer_deliverd *p)
{
	unsigned synced = 0;

	for (unsigned i = 0; i < p->workers_n; i++)
		synced += p->workers[i] != NULL && p->workers[i]->synced;
	if (synced < p->expected_n || pool_is_open(p->q->pool))
		return;
	schedule_clear(&p->q->schedule, &p->sync_over);
	pool_open(p->q->pool);
}

static void
on_sync_over(void *ctx, struct due *due)
{
	struct peer_deliverd *p = ctx;

	(void)due;
	if (pool_is_open(p->q->pool))
		return;
	log_warn("workers-missing", "after_s=%d", SYNC_WAIT_MS / 1000);
	pool_open(p->q->pool);
}

/* ---- what they say ---- */

static void
got_result(struct worker *w, struct msg *m)
{
	struct deliver_result r = { 0 };

	if (deliver_result_get(m, &r) == -1) {
		chan_bad(w->chan, "a result that makes no sense");
		return;
	}
	acks_got(&w->acks, r.number);
	pool_result(w->home->q->pool, w, &r);
}

static void
got_opened(struct worker *w, struct msg *m)
{
	struct deliver_opened o = { 0 };

	if (deliver_opened_get(m, &o) == -1)
		chan_bad(w->chan, "an OPENED that makes no sense");
	else
		pool_opened(w->home->q->pool, w, &o);
}

static void
got_closed(struct worker *w, struct msg *m)
{
	struct deliver_closed c = { 0 };

	if (deliver_closed_get(m, &c) == -1)
		chan_bad(w->chan, "a CLOSED that makes no sense");
	else
		pool_closed(w->home->q->pool, w, &c);
}

static void
got_underway(struct worker *w, struct msg *m)
{
	struct deliver_underway u = { 0 };

	if (deliver_underway_get(m, &u) == -1)
		chan_bad(w->chan, "an UNDERWAY that makes no sense");
	else
		pool_underway(w->home->q->pool, w, &u);
}

static void
got_synced(struct worker *w, struct msg *m)
{
	if (msg_end(m) == -1) {
		chan_bad(w->chan, "a SYNCED with something in it");
		return;
	}
	w->synced = true;
	synced_check(w->home);
	lanes_wake_all(w->home->q->lanes); /* some had no worker */
}

static void
got_draining(struct worker *w, struct msg *m)
{
	if (msg_end(m) == -1) {
		chan_bad(w->chan, "a DRAINING with something in it");
		return;
	}
	w->draining = true;
	pool_worker_drains(w->home->q->pool, w);
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct worker *w = ctx;

	switch (m->type) {
	case DELIVER_RESULT:
		got_result(w, m);
		break;
	case DELIVER_OPENED:
		got_opened(w, m);
		break;
	case DELIVER_CLOSED:
		got_closed(w, m);
		break;
	case DELIVER_UNDERWAY:
		got_underway(w, m);
		break;
	case DELIVER_SYNCED:
		got_synced(w, m);
		break;
	case DELIVER_DRAINING:
		got_draining(w, m);
		break;
	default:
		chan_bad(c, "a record that is none of deliverd's");
	}
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct worker *w = ctx;

	if (w->chan != c)
		return;
	log_info("worker-gone", "worker=%u why=\"%s\"", w->instance, why);
	w->chan = NULL;
	w->synced = false;
	acks_free(&w->acks);
	pool_worker_gone(w->home->q->pool, w);
}

static void
on_room(void *ctx)
{
	struct worker *w = ctx;

	peer_rewrite_go_on(w->home->q->rewrite);
	lanes_room(w->home->q->lanes);
}

static struct worker *
worker_of(struct peer_deliverd *p, unsigned instance)
{
	struct worker *w;

	if (instance >= p->workers_n) {
		p->workers = reallocarray(p->workers, instance + 1, sizeof(struct worker *));
		if (p->workers == NULL)
			fatal("out of memory for the deliverd workers");
		while (p->workers_n <= instance)
			p->workers[p->workers_n++] = NULL;
	}
	if (p->workers[instance] != NULL)
		return p->workers[instance];
	w = p->workers[instance] = calloc(1, sizeof(*w));
	if (w == NULL)
		fatal("out of memory for a deliverd worker");
	w->home = p;
	w->instance = instance;
	return w;
}

/* A new process under an old number: what the old one had is lost. */
static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_deliverd *p = ctx;
	struct worker *w = worker_of(p, instance);
	char name[32];

	if (w->chan != NULL) {
		struct chan *old = w->chan;

		on_close(w, old, "another took its place");
		chan_free(old);
	}
	w->life++;
	w->draining = false;
	snprintf(name, sizeof(name), "deliverd.%u", instance);
	w->chan = chan_new(fd, name, QUEUE_BYTES, on_msg, on_close, w);
	chan_on_room(w->chan, on_room);
}

/* ---- acknowledgements leave once a turn ---- */

static void
acks_send(void *ctx)
{
	struct peer_deliverd *p = ctx;

	struct worker *w;

	while ((w = TAILQ_FIRST(&p->ack_due)) != NULL) {
		uint64_t number = acks_due(&w->acks);

		TAILQ_REMOVE(&p->ack_due, w, ack_link);
		w->ack_due = false;
		if (number != 0 && w->chan != NULL)
			deliver_ack_put(w->chan, number);
	}
}

void
worker_settled(struct delivery *d)
{
	struct worker *w = d->result_worker;

	if (w == NULL)
		return;
	d->result_worker = NULL;
	if (w->life != d->result_life || w->chan == NULL)
		return;
	acks_settled(&w->acks, d->result_number);
	if (w->ack_due)
		return;
	w->ack_due = true;
	TAILQ_INSERT_TAIL(&w->home->ack_due, w, ack_link);
}

/* ---- what they are told ---- */

static bool
is_usable(const struct worker *w)
{
	return w != NULL && w->chan != NULL && w->synced && !w->draining;
}

static unsigned
usable_n(const struct peer_deliverd *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->workers_n; i++)
		n += is_usable(p->workers[i]);
	return n;
}

struct worker *
worker_for(struct peer_deliverd *p, struct span host)
{
	unsigned n = usable_n(p), i = 0;
	uint64_t nth = n == 0 ? 0 : span_hash(host) % n;

	if (n == 0)
		return NULL;
	while (!is_usable(p->workers[i]) || nth-- > 0)
		i++;
	return worker_full(p->workers[i]) ? NULL : p->workers[i];
}

struct queued *
worker_queued(const struct worker *w)
{
	return w->home->q;
}

bool
worker_full(const struct worker *w)
{
	return w->chan == NULL || chan_full(w->chan);
}

void
worker_open(struct worker *w, const struct session *s)
{
	const struct lane *l = s->lane;
	const struct host_set *set = s->hosts->set;
	const struct host *order[DELIVER_HOSTS_MAX];
	struct deliver_open o = { .session = s->number,
		.site = l->site->name,
		.source_name = l->source->name,
		.source_address = l->source->address,
		.ehlo = l->source->ehlo,
		.tls = set->terms.tls,
		.implicit_tls = set->terms.implicit_tls,
		.login = set->terms.login,
		.password = set->terms.password,
		.hosts_n = set->hosts_n };

	host_set_order(set, arc4random_uniform, order);
	for (uint32_t i = 0; i < o.hosts_n; i++)
		o.hosts[i] =
		    (struct deliver_host){ order[i]->name, order[i]->address, order[i]->port };
	deliver_open_put(w->chan, &o);
}

void
worker_close(struct worker *w, uint32_t session, enum deliver_haste haste)
{
	if (w->chan != NULL)
		deliver_close_put(w->chan, session, haste);
}

int
worker_transact(
    struct worker *w, const struct transaction *t, const struct content *c, struct span from)
{
	const struct envelope *e = t->message->envelope;
	struct deliver_rcpt rcpts[DELIVER_RCPTS_MAX]; /* pool.c gathers no more */
	struct delivery *d;
	uint32_t n = 0, at = 0;
	struct deliver_transact put = { .session = t->session->number,
		.transaction = t->number,
		.id = e->id,
		.from = from,
		.envid = e->envid,
		.ret = e->ret,
		.body_8bit = c->has_8bit,
		.smtputf8 = e->smtputf8 && t->message->facts.header_8bit,
		.has_dots = c->has_dots,
		.drops_n = (uint8_t)c->drops_n,
		.rcpts = rcpts,
		.has_fd = c->fd >= 0,
		.bytes = c->bytes,
		.fd = c->fd,
		.start = c->start,
		.size_bytes = c->size_bytes,
		.crc32c = c->crc32c,
		.check_crc = c->check_crc };

	for (unsigned i = 0; i < c->drops_n; i++)
		put.drops[i] = c->drops[i];
	while (n < DELIVER_RCPTS_MAX && (d = transaction_next(t, &at)) != NULL) {
		const struct recipient *r = &e->rcpts[d->index];

		rcpts[n++] = (struct deliver_rcpt){ d->index, r->address, r->orcpt, r->notify };
	}
	put.rcpts_n = n;
	return deliver_transact_put(w->chan, &put);
}

struct peer_deliverd *
peer_deliverd_new(struct queued *q)
{
	struct peer_deliverd *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the deliverd workers");
	p->q = q;
	p->expected_n = role_peers(q->role, ROLE_DELIVERD);
	TAILQ_INIT(&p->ack_due);
	p->sync_over = (struct due){ .fire = on_sync_over, .ctx = p };
	schedule_set(&q->schedule, &p->sync_over, loop_now_ms() + SYNC_WAIT_MS);
	role_on_peer(q->role, ROLE_DELIVERD, on_connected, p);
	loop_at_turn_end(acks_send, p);
	return p;
}
