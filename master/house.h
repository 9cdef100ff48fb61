/* house.h: the state of the master: configuration, seats and what is handed to who sits on them.
 *
 * A seat is a place for one role process (smtpd 0, smtpd 1, queued 0 ...); a child is the process on it. At a reload a
 * seat of a role without state has a second child, next, until the generation is taken or refused. */
#pragma once

#include "conf.h"
#include "loop.h"
#include "role_table.h"

#include <sys/types.h>

enum { SEATS_MAX = 256, WORKERS_MAX = 64 };

enum child_state { CHILD_STARTING, CHILD_READY, CHILD_DRAINING };

struct house;
struct seat;

struct child {
	struct house *house;
	struct seat *seat;
	struct chan *chan; /* NULL once it is gone */
	pid_t pid;
	unsigned instance; /* of its role, unique among the living */
	uint64_t generation;
	enum child_state state;
	bool prepared;                 /* said PREPARED to the configuration under way */
	uint64_t started_ms, heard_ms; /* heard: the last sign of life */
	char selftest[200];
	struct child *older; /* the one this seat had before, while it drains */
};

struct seat {
	struct house *house;
	enum role_kind kind;
	unsigned index; /* worker number */
	struct child *now, *next;
	struct child *older; /* those of earlier generations that drain */
	unsigned failures;   /* in a row, for the back-off */
	unsigned restarts;
	struct timer *restart;
};

enum house_state { HOUSE_STARTING, HOUSE_RUNNING, HOUSE_RELOADING, HOUSE_STOPPING };

struct house {
	enum house_state state;
	const char *conf_path;
	char *libexec;          /* folder of the roles' programs */
	struct conf *conf;      /* in force */
	struct conf *conf_next; /* while reloading */
	uint64_t generation;
	struct seat seats[SEATS_MAX];
	unsigned seats_n;
	int log_fd;
	int exit_code;
	unsigned stop_deadline_s;
	struct timer *pulse, *deadline;
	struct control_call *reload_asked; /* the command that waits for the outcome, or NULL */
};

unsigned house_workers(const struct conf *);
