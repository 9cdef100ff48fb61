/* disk.h: what waits for the disk is done in a thread, one thing at a time; the loop goes on and answers the master.
 *
 * Meanwhile nothing is taken from queued and trackd-web: what they bring would have to wait all the same, and their sockets
 * hold it. Between two of these works they are read, however many more are wanted. People at the control sockets wait in the
 * same order as everybody (disk_when_free()). */
#pragma once

#include "bouncd.h"

bool disk_busy(void);
/* Calls turn with nothing on its way to the disk: now, or when those that asked before had their turn. It may call disk_begin(). */
void disk_when_free(struct bouncd *, void (*turn)(struct bouncd *, void *ctx), void *ctx);
/* Not while it is busy. run() in the thread, of what nobody else touches; then done() in the loop, which may begin the next at
 * once. */
void disk_begin(struct bouncd *, void (*run)(struct bouncd *, void *ctx),
    void (*done)(struct bouncd *, void *ctx), void *ctx);
/* Waits here for what is under way, done() and all. For what cannot wait its turn; the loop stands meanwhile. */
void disk_finish(void);
