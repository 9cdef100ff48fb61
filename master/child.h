/* child.h: one role process as the master sees it: a table of what may happen to it in which state.
 *
 * Whatever happens comes in as an event (a word of the role's, its end, an order of the house); child_event() finds the step
 * in the table, writes the state it returns and logs the change. A change that concerns the house is then told to it once
 * (house_heard). Steps touch nothing but the child itself and what it is told. */
#pragma once

#include "role_kind.h"
#include "span.h"

#include <stdbool.h>
#include <sys/types.h>

enum child_state {
	CHILD_STARTING,  /* READY is awaited */
	CHILD_READY,     /* works */
	CHILD_PREPARING, /* works; its answer to PREPARE is awaited */
	CHILD_PREPARED,  /* works; COMMIT or ABORT will come */
	CHILD_DRAINING,  /* was told STOP: its end is awaited until leave_by_ms */
	CHILD_LOST,      /* its channel ended unasked: its end is awaited, and will be news */
	CHILD_ENDING,    /* was killed, or said FAILED: its end is awaited, and why was told */
	CHILD_GONE,      /* reaped: about to be freed */
	CHILD_STATES
};

enum child_event {
	/* what the role says */
	CHILD_SAID_READY,
	CHILD_SAID_FAILED,
	CHILD_SAID_PREPARED,
	CHILD_SAID_REFUSED,
	/* what becomes of it */
	CHILD_CLOSED,  /* its channel ended */
	CHILD_EXITED,  /* it was reaped */
	CHILD_SILENT,  /* a ping was not answered for `silence` */
	CHILD_OVERDUE, /* it drains for longer than it was given */
	/* what the house orders */
	CHILD_PREPARE,
	CHILD_COMMIT,
	CHILD_ABORT,
	CHILD_STOP,
	CHILD_KILL,
	CHILD_EVENTS
};

/* What comes with an event; which of it counts depends on the event. */
struct child_word {
	uint64_t
	    generation; /* READY, PREPARED, REFUSED: the one answered; PREPARE, COMMIT, ABORT: the one meant */
	struct span why; /* READY: the self-test; FAILED, REFUSED: why */
	unsigned number; /* FAILED: exit code; STOP: seconds to finish in */
	bool replaced;   /* STOP: another has taken its place */
};

struct chan;
struct house;
struct seat;
struct role_output;

struct child {
	struct house *house;
	struct seat *seat;
	struct chan *chan; /* NULL once it is gone */
	struct role_output *output;
	pid_t pid;
	unsigned instance;   /* of its role, unique among the living */
	uint64_t generation; /* of the configuration it works with */
	uint64_t preparing;  /* PREPARING, PREPARED: the generation it was asked about */
	enum child_state state;
	uint64_t started_ms;
	uint64_t asked_ms;     /* when the ping that is not answered yet was sent; 0: none is */
	uint64_t leave_by_ms;  /* DRAINING, ENDING; 0: it stays */
	uint64_t lost_from_ms; /* since then it said LOST lost_n times */
	unsigned lost_n;
	char selftest[200];
	struct child *older; /* the next of those that leave this seat */
};

void child_event(struct child *, enum child_event, const struct child_word *);

const char *child_state_name(enum child_state);
const char *child_event_name(enum child_event);
/* It takes work, or will: it may be connected with others. */
bool child_stays(const struct child *);

/* Of talk.c: the one place that signals a process, the one that writes to its channel, the one that closes that as bad. */
void child_kill(struct child *);
void child_tell(struct child *, enum child_event order, const struct child_word *);
void child_nonsense(struct child *, const char *why);
/* Of house_run.c: after each event that a role or its end caused (not after orders); was: the state before. */
void house_heard(struct house *, struct child *, enum child_event, enum child_state was,
    const struct child_word *);
