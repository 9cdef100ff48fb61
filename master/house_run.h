/* house_run.h: the master's life: start, restart, reload by generation, stop. */
#pragma once

#include "house.h"

/* Takes ports and pid file, makes folders, starts all roles; the rest happens in the loop. -1: cannot, exit_code set. */
int house_start(struct house *, struct err *);
void house_stop(struct house *);
/* Reads path and starts taking it; call (or NULL) is answered with the outcome. */
void house_reload(struct house *, const char *path, struct control_call *call);

/* Called once when the house runs, or could not (exit_code not 0): the parent of a daemon waits for it. */
void house_on_started(void (*started)(int exit_code));

const char *house_state_name(enum house_state);
