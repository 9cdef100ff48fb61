/* storage.h: the seam between the two halves of queued: opens the store, brings back what waits, hears how it is.
 *
 * The window: at most queue.memory messages are held; what comes in beyond, and what waits long, has its file and index
 * record alone, and is read back when it is due and there is room. */
#pragma once

#include "id.h"

struct queued;
struct message;

/* Before the sandbox: locks the spool, opens the index. Fails the role where that cannot be. */
void storage_open(struct queued *);
/* After it: replays the journal, starts the threads; what lives sets out. */
void storage_start(struct queued *);
/* Everything to disk, then the role is done. */
void storage_stop(struct queued *);
/* Reads a message back that is not in memory; NULL: there is none. */
struct message *storage_bring(struct queued *, struct id);
/* The same, to look at: what is due does not set out. storage_leave() in the same turn. */
struct message *storage_look(struct queued *, struct id);
/* It waits on disk alone again. False: not now, something of it is under way, or not on disk yet. */
bool storage_leave(struct queued *, struct id);
/* Half full: what waits on disk stays there until there is more room. */
bool storage_is_crowded(const struct queued *);
/* Nothing is brought back into memory. What comes in goes on as far as its lane has room for it: each keeps a window. */
bool storage_is_full(const struct queued *);
/* Four times as much: what comes in waits on disk, wherever it goes. */
bool storage_is_overfull(const struct queued *);
/* Mail may be handed to deliverd. False: what would end by it could not be told. */
bool storage_may_send(const struct queued *);
