/* selection.h: the deliveries that a command means: by id or its beginning, addresses, tenant, campaign, site, source, state,
 * age, and what the last reply said. All of what is given must be so; texts may hold * and ?.
 *
 * A site is also known by the configured block that limits it; a reply by a piece of it. What waits on disk alone stands in no
 * lane: its site is its domain, and it has no source.
 *
 * All of the queue is looked at, what waits on disk alone too: it is read back for that, and leaves memory again. A long
 * queue is looked at in slices, some milliseconds a turn, so that nothing else waits; what comes in meanwhile may be
 * missed, what ended meanwhile is. */
#pragma once

#include "control.h"
#include "delivery.h"

struct queued;
struct selection;

/* One that fits; it may end in this. */
typedef void selection_each(struct queued *, struct control_call *, struct delivery *, void *ctx);
/* found: how many it was called for. */
typedef void selection_done(struct queued *, struct control_call *, unsigned found, void *ctx);

/* From the call's arguments; NULL: they make no sense, or are the beginning of several ids, and the call was answered so. */
struct selection *selection_new(struct queued *, struct control_call *);
bool selection_is_empty(const struct selection *); /* nothing was said: it means all */
bool selection_is_by_id(const struct selection *);
bool selection_has(const struct selection *, struct id); /* by its id alone */
bool selection_needs_envelope(
    const struct selection *);                 /* more than id, state, age and reply was said */
int selection_state(const struct selection *); /* enum delivery_state; -1: any */
/* A recipient of a message that is not in the queue: by all that its envelope knows. */
struct envelope;
bool selection_takes(const struct selection *, const struct envelope *, uint32_t index);
void selection_free(struct selection *); /* of one that is not walked */
struct store_wait;
struct selection_use {
	selection_each *each;
	selection_done *
	    done; /* once, perhaps before selection_walk() returns; the selection is freed after it */
	/* One that fits and waits on disk alone, where nothing was said that only its envelope knows. False: it is read back for
	 * each(). NULL: all are. */
	bool (*record)(struct queued *, const struct store_wait *, void *ctx);
	bool (*may)(struct queued *); /* false: it waits until it may go on; NULL: always */
	bool
	    changes; /* what each() does goes to disk: no more is under way than memory has room for */
	bool tells; /* a row {"so_far":N} each second */
	bool
	    dropped; /* not those that wait, but recipients that were dropped from a message which still does */
};
/* For those that fit, each once, at most `most`. It goes on when whoever asked went away. */
void selection_walk(struct selection *, unsigned most, const struct selection_use *, void *ctx);
