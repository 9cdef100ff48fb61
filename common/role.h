/* role.h: what every role process does the same way: start, sandbox, peers, loop.
 *
 *	struct role *r = role_start(ROLE_SMTPD, argc, argv);	log, channel to the master, configuration, descriptors
 *	... load what loads late, adopt descriptors, say what to do with peers ...
 *	sandbox_enter(r);					from here on: no files, no new rights
 *	return role_run(r);					READY, then the loop until STOP
 *
 * Until sandbox_enter() the process has the role's effective uid and can get root back only there. A role that cannot
 * start says why with role_fail(): the master shows it and the exit code. Embed: `x --batch` and the like never come here. */
#pragma once

#include "conf.h"
#include "msg.h"
#include "role_kind.h"

struct role;

struct role *role_start(enum role_kind, int argc, char **argv);
void role_fail(struct role *, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), noreturn));

/* The role's part of the configuration, read against its own table; fails the role with the messages if it is bad. */
struct conf *role_conf(struct role *, const struct conf_table *);

unsigned role_instance(const struct role *);
uint64_t role_generation(const struct role *);
/* A descriptor given by name, or -1; the caller's from here on. */
int role_fd(struct role *, const char *name);
/* The i-th descriptor whose name begins with prefix, its whole name in *name; -1 when there are no more. */
int role_fd_at(struct role *, const char *prefix, unsigned i, const char **name);
struct span
role_secret(struct role *, const char *name); /* empty if none; as long as the process */
/* One that came with the configuration being prepared: as long as that call. Which roles get which: the master's handout. */
struct span role_secret_fresh(struct role *, const char *name);
/* The next one whose name begins with prefix, in the order they came; *at is 0 at first. False: there are no more. */
bool role_secret_next(
    struct role *, const char *prefix, size_t *at, const char **name, struct span *bytes);

/* What to do with channels to that role: connected() makes a chan_new() of fd (now or whenever a peer restarts).
 * How a peer that went away is dealt with is the chan's on_close. */
void role_on_peer(struct role *, enum role_kind,
    void (*connected)(void *ctx, unsigned instance, int fd), void *ctx);
/* How many instances of that role the master runs. */
unsigned role_peers(const struct role *, enum role_kind);

/* Reload for roles that keep state: prepare reads the new conf text (returns -1 and err: refused), commit takes it. abort
 * follows a refusal as well as a PREPARED that comes to nothing: it forgets whatever prepare left, and may find nothing.
 * Roles without state set none: they are replaced. */
void role_on_reload(struct role *, int (*prepare)(void *ctx, struct conf *, struct err *),
    void (*commit)(void *ctx), void (*abort)(void *ctx), void *ctx);
/* The master opened the role's event file anew, since it was moved away: take() calls role_events_take() as soon as nothing
 * is on its way to the old one. Without it that is done at once. */
void role_on_events(struct role *, void (*take)(void *ctx), void *ctx);
int role_events_coming(const struct role *); /* to read that file; -1: none came */
/* From here on "events" is the new file, under its old number, and "events-read" reads it. What read the old one is the
 * caller's to close; -1: none came. */
int role_events_take(struct role *);
/* Called at STOP: stop taking work; call role_done() when finished. Without it the role exits at once. */
void role_on_stop(struct role *, void (*stop)(void *ctx, unsigned deadline_s), void *ctx);
/* Within stop(): whether another has taken over already (a reload), or the whole relay stops. */
bool role_is_replaced(const struct role *);
void role_done(struct role *);

/* Tells the master, from the middle of long work, that this role lives. */
void role_alive(struct role *);

int role_run(struct role *);

const char *role_name(enum role_kind); /* "smtpd", "deliverd-resolve" ... */
