#include "worker.h"
#include "log.h"
#include "loop.h"
#include "session.h"
#include "wire.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	QUEUED_QUEUE = 4 * 1024 * 1024,
	SETTLE_MS =
	    5000, /* for queued to take the last results; the master gives more beyond the deadline */
};

struct entry {
	RB_ENTRY(entry) by_number; /* those of the queued in hand */
	TAILQ_ENTRY(entry) link;   /* in all or dead */
	uint32_t number;
	struct session *session;
};

static int
entry_cmp(const struct entry *a, const struct entry *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_HEAD(entries, entry);
RB_PROTOTYPE(entries, entry, by_number, entry_cmp);
RB_GENERATE(entries, entry, by_number, entry_cmp);

struct worker {
	struct role *role;
	struct session_house house;
	struct chan *queued; /* NULL: away */
	struct entries live;
	TAILQ_HEAD(, entry) all, dead;
	struct arena *packet; /* of one record from queued */
	struct timer *deadline;
	bool stopping;
	bool over; /* the deadline has passed: only results are still handed over */
};

/* ---- what sessions say ---- */

static void
on_opened(void *ctx, const struct deliver_opened *o)
{
	struct worker *w = ctx;

	if (w->queued != NULL)
		deliver_opened_put(w->queued, o);
}

static void
on_closed(void *ctx, struct session *s, const struct deliver_closed *c)
{
	struct worker *w = ctx;
	struct entry *e = session_owner(s);

	TAILQ_REMOVE(&w->all, e, link);
	TAILQ_INSERT_TAIL(&w->dead, e, link);
	if (session_is_orphan(s))
		return;
	RB_REMOVE(entries, &w->live, e);
	if (w->queued != NULL)
		deliver_closed_put(w->queued, c);
}

/* With all the contents that it may hold. What queued hands out beyond it waits in the channel, and then with queued. */
static bool
is_loaded(const struct worker *w)
{
	return w->house.bytes > w->house.conf->memory_bytes;
}

static void
done_if_idle(struct worker *w)
{
	if (w->stopping && TAILQ_EMPTY(&w->all) && results_kept(w->house.results) == 0)
		role_done(w->role);
}

/* Runs behind the wires' own hook: nothing refers to a closed session any more. */
static void
turn_end(void *ctx)
{
	struct worker *w = ctx;
	struct entry *e;

	while ((e = TAILQ_FIRST(&w->dead)) != NULL) {
		TAILQ_REMOVE(&w->dead, e, link);
		session_free(e->session);
		free(e);
	}
	if (w->queued != NULL)
		chan_hold(w->queued, is_loaded(w));
	done_if_idle(w);
}

/* ---- what queued says ---- */

static struct entry *
find(struct worker *w, uint32_t number)
{
	struct entry want = { .number = number };

	return RB_FIND(entries, &w->live, &want);
}

static void
refuse_open(struct worker *w, uint32_t number, const char *why)
{
	struct deliver_closed c = {
		.session = number, .stage = STAGE_CONNECT, .text = span_str(why)
	};

	deliver_closed_put(w->queued, &c);
}

static int
open_session(struct worker *w, struct msg *m)
{
	struct deliver_open o = { 0 };
	struct entry *e;

	if (deliver_open_get(m, &o) == -1 || find(w, o.session) != NULL)
		return -1;
	if (w->stopping) {
		refuse_open(w, o.session, "the worker is stopping");
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		fatal("out of memory for a session");
	e->number = o.session;
	e->session = session_new(&w->house, &o, e);
	RB_INSERT(entries, &w->live, e);
	TAILQ_INSERT_TAIL(&w->all, e, link);
	session_start(e->session);
	return 0;
}

/* For a session that closed, or a worker that was told to leave, while queued was feeding it. */
static void
hand_back(struct worker *w, const struct deliver_transact *t)
{
	for (uint32_t i = 0; i < t->rcpts_n; i++) {
		struct deliver_result r = { .session = t->session,
			.transaction = t->transaction,
			.id = t->id,
			.index = t->rcpts[i].index,
			.outcome = OUTCOME_UNSENT,
			.stage = STAGE_IDLE,
			.text = span_str("the session is over") };

		results_add(w->house.results, &r);
	}
	if (t->fd >= 0)
		close(t->fd);
}

static int
transact(struct worker *w, struct msg *m)
{
	struct deliver_transact t;
	struct entry *e;
	int r;

	arena_reset(w->packet);
	r = deliver_transact_get(m, &t, w->packet);
	if (r == -1 && t.fd >= 0)
		close(t.fd);
	if (r == -1)
		return -1;
	e = find(w, t.session);
	if (e == NULL || w->stopping || (t.has_fd && t.fd == -1))
		hand_back(w, &t);
	else
		session_feed(e->session, &t);
	chan_hold(w->queued, is_loaded(w));
	return 0;
}

static int
close_session(struct worker *w, struct msg *m)
{
	enum deliver_haste haste;
	struct entry *e;
	uint32_t number;

	if (deliver_close_get(m, &number, &haste) == -1)
		return -1;
	e = find(w, number);
	if (e == NULL)
		return 0;
	session_close(e->session);
	if (haste == DELIVER_HURRY)
		session_hurry(e->session);
	return 0;
}

static int
acknowledged(struct worker *w, struct msg *m)
{
	uint64_t number;

	if (deliver_ack_get(m, &number) == -1)
		return -1;
	results_ack(w->house.results, number);
	return 0;
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct worker *w = ctx;
	int r = -1;

	switch (m->type) {
	case DELIVER_OPEN:
		r = open_session(w, m);
		break;
	case DELIVER_TRANSACT:
		r = transact(w, m);
		break;
	case DELIVER_CLOSE:
		r = close_session(w, m);
		break;
	case DELIVER_ACK:
		r = acknowledged(w, m);
		break;
	}
	if (r == -1)
		chan_bad(c, "queued said what makes no sense");
}

/* ---- queued goes and comes ---- */

static void
orphan_all(struct worker *w)
{
	struct entry *e, *next;

	TAILQ_FOREACH_SAFE (e, &w->all, link, next) {
		if (session_is_orphan(e->session))
			continue;
		RB_REMOVE(entries, &w->live, e);
		session_orphan(e->session);
	}
}

static void
queued_left(struct worker *w)
{
	w->queued = NULL;
	results_to(w->house.results, NULL);
	orphan_all(w);
}

static void
on_queued_closed(void *ctx, struct chan *c, const char *why)
{
	struct worker *w = ctx;

	if (w->queued != c)
		return;
	log_info("queued-gone", "why=\"%s\" results=%zu", why, results_kept(w->house.results));
	queued_left(w);
}

static void
say_underway(void *ctx, const struct deliver_underway *u)
{
	struct worker *w = ctx;

	deliver_underway_put(w->queued, u);
}

void
worker_queued(void *ctx, unsigned instance, int fd)
{
	struct worker *w = ctx;
	struct chan *old = w->queued;
	struct entry *e;

	(void)instance;
	if (old != NULL) {
		queued_left(w);
		chan_free(old);
	}
	w->queued = chan_new(fd, "queued", QUEUED_QUEUE, on_msg, on_queued_closed, w);
	chan_answers(w->queued);
	results_to(w->house.results, w->queued);
	TAILQ_FOREACH (e, &w->all, link)
		session_underway(e->session, say_underway, w);
	if (w->stopping)
		deliver_draining_put(w->queued);
	deliver_synced_put(w->queued);
}

/* ---- start and stop ---- */

struct worker *
worker_new(struct role *role, const struct delivery *conf, struct tls *tls)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for the worker");
	w->role = role;
	w->house = (struct session_house){ .conf = conf,
		.tls = tls,
		.plain_hosts = plain_hosts_new(),
		.results = results_new(),
		.opened = on_opened,
		.closed = on_closed,
		.ctx = w };
	RB_INIT(&w->live);
	TAILQ_INIT(&w->all);
	TAILQ_INIT(&w->dead);
	w->packet = arena_new(0);
	wires_init();
	loop_at_turn_end(turn_end, w);
	return w;
}

/* What queued has not heard it would send again: results outlast the deadline, if queued takes them soon. */
static void
on_deadline(void *ctx)
{
	struct worker *w = ctx;
	struct entry *e, *next;

	if (w->over) {
		log_warn("results-left", "results=%zu", results_kept(w->house.results));
		role_done(w->role);
		return;
	}
	w->over = true;
	TAILQ_FOREACH_SAFE (e, &w->all, link, next)
		session_abort(e->session, "the worker had to stop before the server answered");
	timer_set_ms(w->deadline, SETTLE_MS);
}

void
worker_stop(void *ctx, unsigned deadline_s)
{
	struct worker *w = ctx;
	struct entry *e, *next;

	w->stopping = true;
	if (w->queued != NULL)
		deliver_draining_put(w->queued);
	TAILQ_FOREACH_SAFE (e, &w->all, link, next)
		session_wind_up(e->session);
	if (w->deadline == NULL)
		w->deadline = timer_new(on_deadline, w);
	timer_set_ms(w->deadline, (uint64_t)deadline_s * 1000 + 1);
	done_if_idle(w);
}
