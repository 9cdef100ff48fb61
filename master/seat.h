/* seat.h: starts a role's process on its seat, connects it, watches and reaps it.
 *
 * What becomes of a child is child.h's table. The place of one that is to leave is free at once: seat_leave(). */
#pragma once

#include "house.h"

/* Makes a process and puts it at *place (seat->now or seat->next), which is empty. NULL and err: it could not be made, or not
 * be given what it needs; then it is ending, and *place is empty. */
struct child *seat_start(struct house *, struct child **place, struct seat *, const struct conf *,
    uint64_t generation, struct err *);
enum place { PLACE_NOWHERE, PLACE_NOW, PLACE_NEXT, PLACE_LEAVING };
enum place seat_place(const struct child *);
/* Takes the child from its place to those that leave, or from the seat altogether (the place it had; reaped). */
void seat_leave(struct child *);
enum place seat_take_away(struct child *);
/* After SIGCHLD. */
void seats_reap(struct house *);
/* Pings all, ends those that were silent for longer than silence_ms or drain for too long. */
void seats_pulse(struct house *, uint64_t silence_ms);
/* True when every child of now (or next, where there is one) is ready. */
bool seats_ready(const struct house *);
/* Any process left on a seat of these kinds (ROLE_BIT), leaving ones too. */
bool seats_alive(const struct house *, unsigned kinds);
/* The event to every child on a seat of these kinds; not to those that leave already, unless it is CHILD_KILL. */
void seats_event(struct house *, unsigned kinds, enum child_event, const struct child_word *);
