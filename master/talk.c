#include "talk.h"
#include "child.h"
#include "house.h"
#include "launch.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "proto_master.h"
#include "role.h"
#include "seat.h"

#include <signal.h>
#include <stdio.h>

/* With waits of 1, 2, 4 s (role_peers.c) a role asks four times in LOST_MS for each of its peers; there may be two to a seat. */
enum { MASTER_QUEUE = 8 * 1024 * 1024, LOST_MS = 10 * 1000, LOST_A_SEAT = 8 };

/* ---- what a role says ---- */

static void
ready(struct child *child, struct msg *m)
{
	struct master_ready r;

	if (master_ready_get(m, &r) == -1)
		return child_nonsense(child, "READY was cut");
	child_event(child, CHILD_SAID_READY,
	    &(struct child_word){ .generation = r.generation, .why = r.selftest });
}

static void
failed(struct child *child, struct msg *m)
{
	struct master_failed f;

	if (master_failed_get(m, &f) == -1)
		return child_nonsense(child, "FAILED was cut");
	child_event(
	    child, CHILD_SAID_FAILED, &(struct child_word){ .number = f.exit_code, .why = f.why });
}

static void
prepared(struct child *child, struct msg *m)
{
	struct master_prepared p;

	if (master_prepared_get(m, &p) == -1)
		return child_nonsense(child, "PREPARED was cut");
	child_event(child, CHILD_SAID_PREPARED, &(struct child_word){ .generation = p.generation });
}

static void
refused(struct child *child, struct msg *m)
{
	struct master_refused r;

	if (master_refused_get(m, &r) == -1)
		return child_nonsense(child, "REFUSED was cut");
	child_event(child, CHILD_SAID_REFUSED,
	    &(struct child_word){ .generation = r.generation, .why = r.why });
}

/* A role that was broken into would have its peer take in channels without end. */
static bool
asks_too_often(struct child *child)
{
	uint64_t now = loop_now_ms();

	if (now - child->lost_from_ms > LOST_MS) {
		child->lost_from_ms = now;
		child->lost_n = 0;
	}
	return ++child->lost_n > LOST_A_SEAT * child->house->seats_n;
}

static void
lost(struct child *child, struct msg *m)
{
	struct master_lost l;

	if (master_lost_get(m, &l) == -1 || l.role >= ROLE_KINDS)
		return child_nonsense(child, "LOST was cut");
	if (asks_too_often(child))
		return child_nonsense(child, "it asks for channels too often");
	launch_rejoin(child, l.role, l.instance);
}

/* A start that takes long and goes on. The service manager is asked for as long again as it gave us at first. */
static void
working(struct child *child, struct msg *m)
{
	struct master_working w;

	if (master_working_get(m, &w) == -1)
		return child_nonsense(child, "WORKING was cut");
	if (child->state != CHILD_STARTING)
		return;
	snprintf(child->selftest, sizeof(child->selftest), "%.*s", SPAN(w.what));
	log_debug("role-working", "role=%s pid=%d", role_name(child->seat->kind), (int)child->pid);
	notify("EXTEND_TIMEOUT_USEC=90000000");
}

/* Whatever it says is a sign of life; PING is only that. */
static void
on_child(void *ctx, struct chan *c, struct msg *m)
{
	struct child *child = ctx;

	(void)c;
	child->asked_ms = 0;
	switch (m->type) {
	case MASTER_READY:
		return ready(child, m);
	case MASTER_FAILED:
		return failed(child, m);
	case MASTER_PREPARED:
		return prepared(child, m);
	case MASTER_REFUSED:
		return refused(child, m);
	case MASTER_LOST:
		return lost(child, m);
	case MASTER_WORKING:
		return working(child, m);
	case MASTER_PING:
		return;
	default:
		child_nonsense(child, "a role said something unknown to its master");
	}
}

static void
on_child_closed(void *ctx, struct chan *c, const char *why)
{
	struct child *child = ctx;

	(void)c;
	(void)why;
	child->chan = NULL;
	child_event(child, CHILD_CLOSED, NULL);
}

/* ---- what a child is told ---- */

void
child_kill(struct child *child)
{
	if (child->pid > 0)
		kill(child->pid, SIGKILL);
}

void
child_nonsense(struct child *child, const char *why)
{
	if (child->chan != NULL)
		chan_bad(child->chan, why);
}

void
child_tell(struct child *child, enum child_event order, const struct child_word *w)
{
	struct chan *c = child->chan;

	if (c == NULL)
		return;
	if (order == CHILD_PREPARE)
		master_prepare_put(c, &(struct master_prepare){ w->generation });
	else if (order == CHILD_COMMIT)
		master_commit_put(c, &(struct master_commit){ w->generation });
	else if (order == CHILD_ABORT)
		master_abort_put(c, &(struct master_abort){ w->generation });
	else if (order == CHILD_STOP)
		master_stop_put(c, &(struct master_stop){ w->number, w->replaced });
}

struct chan *
talk_open(struct child *child, int fd)
{
	return chan_new(
	    fd, role_name(child->seat->kind), MASTER_QUEUE, on_child, on_child_closed, child);
}
