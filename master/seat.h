/* seat.h: starts a role's process on its seat, connects it, watches it, starts it anew.
 *
 * A child that dies while the house runs is replaced: at once, and after 1, 2, 4 ... 30 s when it keeps
 * failing within three seconds of its start. A child that does not answer for `silence` is killed, which is dying. */
#pragma once

#include "house.h"

/* Starts a process; NULL and err if it cannot be made. READY or FAILED comes later (seat_ready, seat_failed). */
struct child *
seat_start(struct house *, struct seat *, const struct conf *, uint64_t generation, struct err *);
void seat_stop(struct child *, unsigned deadline_s); /* STOP: finish what runs, exit */
/* After SIGCHLD. */
void seats_reap(struct house *);
/* Pings all, kills the silent. */
void seats_pulse(struct house *);
/* True when every child of now (or next, where there is one) is ready. */
bool seats_ready(const struct house *);
/* Any process left, draining ones too. */
bool seats_alive(const struct house *);

/* What house.c does about it. */
void house_child_ready(struct house *, struct child *);
void house_child_failed(struct house *, struct child *, int exit_code, struct span why);
void house_child_gone(struct house *, struct child *, int status);
void house_child_prepared(struct house *, struct child *, bool yes, struct span why);
