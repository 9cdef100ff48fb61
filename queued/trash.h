/* trash.h: a walk through the messages that were dropped whole, as selection_walk() is one through the queue.
 *
 * They are in no table: names are read some at a time, then one file after another, some milliseconds a turn. One that came
 * into the trash after the walk began may be missed. */
#pragma once

#include "control.h"
#include "envelope.h"
#include "selection.h"

struct queued;

/* One whose recipients fit: first is the first of those that were dropped and fit. False: enough. */
typedef bool trash_each(struct queued *, struct control_call *, const struct envelope *,
    const struct facts *, uint32_t first, void *ctx);
typedef void trash_done(struct queued *, struct control_call *, void *ctx);

struct trash_use {
	trash_each *each;
	trash_done *done; /* once, perhaps before trash_walk() returns */
	/* The id that was said is the beginning of several: in done's place, and the call was answered so. */
	void (*ambiguous)(void *ctx);
	bool (*may)(struct queued *); /* false: it waits until it may go on; NULL: always */
};

/* Takes the selection over. */
void trash_walk(struct selection *, struct queued *, struct control_call *,
    const struct trash_use *, void *ctx);
/* From that recipient on, the next that was dropped and fits; rcpts_n: there is none. */
uint32_t trash_next(const struct selection *, const struct envelope *, uint32_t from);
