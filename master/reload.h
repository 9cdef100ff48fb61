/* reload.h: takes a new configuration by generation: who has no state is started anew beside the old one, who has is asked
 * with PREPARE; when all agree the new ones take over, at any refusal the old ones run on as if nothing had been asked.
 *
 * Each configuration that is tried has a number of its own, so that an answer to one that was given up is never taken for
 * an answer to the next. */
#pragma once

#include "house.h"

/* RELOADING, or RUNNING when it is refused at once; call (or NULL) is answered with the outcome. */
enum house_state reload_start(struct house *, const char *path, struct control_call *call);
/* Every role of the new generation stands and every role with state agreed. */
bool reload_complete(const struct house *);
enum house_state reload_commit(struct house *);
enum house_state reload_refused(struct house *, const char *why);

/* Who listens comes last, who is asked comes first; so queued finds its workers when it wakes. */
extern const enum role_kind start_order[ROLE_KINDS - 1];
