#include "child.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "role.h"
#include "seat.h"

#include <stdio.h>

enum { LEAVE_GRACE_S = 10 }; /* beyond the role's own deadline: time to close files and exit */

typedef enum child_state child_step(struct child *, const struct child_word *);

/* ---- steps ---- */

static enum child_state
ignored(struct child *c, const struct child_word *w)
{
	(void)w;
	return c->state;
}

/* The house ordered what cannot be: our own mistake, and no reason to end. */
static enum child_state
impossible(struct child *c, const struct child_word *w)
{
	(void)w;
	log_error("master-order-impossible", "role=%s pid=%d state=%s", role_name(c->seat->kind),
	    (int)c->pid, child_state_name(c->state));
	return c->state;
}

static enum child_state
nonsense(struct child *c, const struct child_word *w)
{
	(void)w;
	child_nonsense(c, "a role said what it was not asked");
	return c->state;
}

static enum child_state
killed(struct child *c, const struct child_word *w)
{
	(void)w;
	child_kill(c);
	return CHILD_ENDING;
}

static void
leave_within(struct child *c, unsigned deadline_s)
{
	c->leave_by_ms = loop_now_ms() + (deadline_s + LEAVE_GRACE_S) * 1000ULL;
}

/* SIGCHLD tells the rest; one that closed its channel without exiting is no use any more. */
static enum child_state
lost(struct child *c, const struct child_word *w)
{
	(void)w;
	child_kill(c);
	return CHILD_LOST;
}

/* As it should, if it also exits. */
static enum child_state
left(struct child *c, const struct child_word *w)
{
	(void)w;
	child_kill(c);
	return CHILD_DRAINING;
}

static enum child_state
failed(struct child *c, const struct child_word *w)
{
	(void)w;
	leave_within(c, 0);
	return CHILD_ENDING; /* it exits by itself, with its code */
}

static enum child_state
gone(struct child *c, const struct child_word *w)
{
	(void)c, (void)w;
	return CHILD_GONE;
}

static enum child_state
ready(struct child *c, const struct child_word *w)
{
	if (w->generation != c->generation)
		return nonsense(c, w);
	snprintf(c->selftest, sizeof(c->selftest), "%.*s", SPAN(w->why));
	return CHILD_READY;
}

static enum child_state
prepare(struct child *c, const struct child_word *w)
{
	c->preparing = w->generation;
	child_tell(c, CHILD_PREPARE, w);
	return CHILD_PREPARING;
}

/* An answer to a generation that was given up meanwhile says nothing about this one. */
static enum child_state
prepared(struct child *c, const struct child_word *w)
{
	return w->generation == c->preparing ? CHILD_PREPARED : CHILD_PREPARING;
}

static enum child_state
refused(struct child *c, const struct child_word *w)
{
	return w->generation == c->preparing ? CHILD_READY : CHILD_PREPARING;
}

static enum child_state
commit(struct child *c, const struct child_word *w)
{
	if (w->generation != c->preparing)
		return impossible(c, w);
	c->generation = w->generation;
	child_tell(c, CHILD_COMMIT, w);
	return CHILD_READY;
}

/* Also to one that answered already, or was only handed the new files: it forgets them. */
static enum child_state
abort_told(struct child *c, const struct child_word *w)
{
	child_tell(c, CHILD_ABORT, w);
	return CHILD_READY;
}

static enum child_state
stop(struct child *c, const struct child_word *w)
{
	leave_within(c, w->number);
	child_tell(c, CHILD_STOP, w);
	return CHILD_DRAINING;
}

/* ---- the table ---- */

/* Of a living role. */
#define ENDS                                                                                       \
	[CHILD_SAID_FAILED] = failed, [CHILD_EXITED] = gone, [CHILD_SILENT] = killed,              \
	[CHILD_OVERDUE] = killed, [CHILD_KILL] = killed
/* ... of which only the end is awaited, whatever else it said before. */
#define ENDED                                                                                      \
	[CHILD_SAID_READY] = ignored, [CHILD_SAID_FAILED] = ignored,                               \
	[CHILD_SAID_PREPARED] = ignored, [CHILD_SAID_REFUSED] = ignored,                           \
	[CHILD_PREPARE] = impossible, [CHILD_COMMIT] = impossible, [CHILD_ABORT] = ignored,        \
	[CHILD_STOP] = ignored

static child_step *const steps[CHILD_STATES][CHILD_EVENTS] = {
	[CHILD_STARTING] = { ENDS, [CHILD_CLOSED] = lost, [CHILD_SAID_READY] = ready,
	    [CHILD_SAID_PREPARED] = nonsense, [CHILD_SAID_REFUSED] = nonsense,
	    [CHILD_PREPARE] = impossible, [CHILD_COMMIT] = impossible, [CHILD_ABORT] = ignored,
	    [CHILD_STOP] = stop },
	/* Answers of one that works are late: ABORT overtook them. */
	[CHILD_READY] = { ENDS, [CHILD_CLOSED] = lost, [CHILD_SAID_READY] = nonsense,
	    [CHILD_SAID_PREPARED] = ignored, [CHILD_SAID_REFUSED] = ignored,
	    [CHILD_PREPARE] = prepare, [CHILD_COMMIT] = impossible, [CHILD_ABORT] = abort_told,
	    [CHILD_STOP] = stop },
	[CHILD_PREPARING] = { ENDS, [CHILD_CLOSED] = lost, [CHILD_SAID_READY] = nonsense,
	    [CHILD_SAID_PREPARED] = prepared, [CHILD_SAID_REFUSED] = refused,
	    [CHILD_PREPARE] = impossible, [CHILD_COMMIT] = impossible, [CHILD_ABORT] = abort_told,
	    [CHILD_STOP] = stop },
	[CHILD_PREPARED] = { ENDS, [CHILD_CLOSED] = lost, [CHILD_SAID_READY] = nonsense,
	    [CHILD_SAID_PREPARED] = nonsense, [CHILD_SAID_REFUSED] = nonsense,
	    [CHILD_PREPARE] = impossible, [CHILD_COMMIT] = commit, [CHILD_ABORT] = abort_told,
	    [CHILD_STOP] = stop },
	[CHILD_DRAINING] = { ENDS, [CHILD_CLOSED] = left, [CHILD_SAID_READY] = ignored,
	    [CHILD_SAID_PREPARED] = ignored, [CHILD_SAID_REFUSED] = ignored,
	    [CHILD_PREPARE] = impossible, [CHILD_COMMIT] = impossible, [CHILD_ABORT] = ignored,
	    [CHILD_STOP] = ignored },
	[CHILD_LOST] = { ENDED, [CHILD_CLOSED] = ignored, [CHILD_EXITED] = gone,
	    [CHILD_SILENT] = killed, [CHILD_OVERDUE] = killed, [CHILD_KILL] = killed },
	[CHILD_ENDING] = { ENDED, [CHILD_CLOSED] = killed, [CHILD_EXITED] = gone,
	    [CHILD_SILENT] = killed, [CHILD_OVERDUE] = killed, [CHILD_KILL] = killed },
	[CHILD_GONE] = { ENDED, [CHILD_CLOSED] = ignored, [CHILD_EXITED] = ignored,
	    [CHILD_SILENT] = ignored, [CHILD_OVERDUE] = ignored, [CHILD_KILL] = ignored },
};

static const char *const state_names[CHILD_STATES] = { "starting", "ready", "preparing", "prepared",
	"draining", "lost", "ending", "gone" };
static const char *const event_names[CHILD_EVENTS] = { "said-ready", "said-failed", "said-prepared",
	"said-refused", "closed", "exited", "silent", "overdue", "prepare", "commit", "abort",
	"stop", "kill" };

const char *
child_state_name(enum child_state state)
{
	return state_names[state];
}

const char *
child_event_name(enum child_event event)
{
	return event_names[event];
}

bool
child_stays(const struct child *c)
{
	return c->chan != NULL && c->state < CHILD_DRAINING;
}

void
child_event(struct child *c, enum child_event event, const struct child_word *w)
{
	static const struct child_word nothing;
	enum child_state was = c->state;

	if (w == NULL)
		w = &nothing;
	must(steps[was][event] != NULL);
	c->state = steps[was][event](c, w);
	if (c->state != was)
		log_debug("role-state", "role=%s instance=%u pid=%d event=%s state=%s next=%s",
		    role_name(c->seat->kind), c->instance, (int)c->pid, event_names[event],
		    state_names[was], state_names[c->state]);
	if (event < CHILD_PREPARE)
		house_heard(c->house, c, event, was, w);
}
