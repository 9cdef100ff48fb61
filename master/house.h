/* house.h: the state of the master: configuration, seats and what is handed to who sits on them.
 *
 * A seat is a place for one role process (smtpd 0, smtpd 1, queued 0 ...); a child is the process on it (child.h). At a
 * reload a seat of a role without state has a second child, next, until the generation is taken or refused. Who is to
 * leave, of an earlier generation or of one that was refused, stands in leaving until it is reaped; so a place is free as
 * soon as its child is told to go. */
#pragma once

#include "child.h"
#include "conf.h"
#include "loop.h"
#include "role_table.h"

enum { SEATS_MAX = 1024, WORKERS_MAX = 64 }; /* at most 4 roles of WORKERS_MAX, and the rest */

struct seat {
	struct house *house;
	enum role_kind kind;
	unsigned index; /* worker number */
	struct child *now, *next;
	struct child *leaving;
	unsigned failures; /* in a row, for the back-off */
	unsigned restarts;
	struct timer *restart;
};

enum house_state { HOUSE_STARTING, HOUSE_RUNNING, HOUSE_RELOADING, HOUSE_STOPPING, HOUSE_STATES };

struct house {
	enum house_state state;
	const char *conf_path;
	char *libexec;                          /* folder of the roles' programs */
	struct conf *conf;                      /* in force */
	struct conf *conf_next;                 /* while reloading */
	struct sockets *sockets, *sockets_next; /* that these two name */
	uint64_t generation;                    /* of the configuration in force */
	uint64_t tried; /* the last number given to one: a refused one has its own too */
	struct seat seats[SEATS_MAX];
	unsigned seats_n;
	int log_fd;
	int exit_code;
	unsigned stop_deadline_s;
	struct timer *pulse, *deadline;
	uint64_t pulsed_ms;
	struct control_call *reload_asked; /* the command that waits for the outcome, or NULL */
	bool reload_again;                 /* SIGHUP came when it could not be served */
};

unsigned house_workers(const struct conf *);
