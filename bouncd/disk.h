/* disk.h: what waits for the disk is done in a thread, one thing at a time; the loop goes on and answers the master.
 *
 * Meanwhile nothing is taken from queued and trackd-web: what they bring would have to wait all the same, and their sockets
 * hold it. People at the control sockets are served; one who changes the list waits for what is under way. */
#pragma once

#include "bouncd.h"

bool disk_busy(void);
/* Not while it is busy. run() in the thread, of what nobody else touches; then done() in the loop. */
void disk_begin(struct bouncd *, void (*run)(struct bouncd *, void *ctx),
    void (*done)(struct bouncd *, void *ctx), void *ctx);
/* Waits here for what is under way, done() and all. */
void disk_finish(void);
