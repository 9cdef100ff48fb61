/* selection.h: the deliveries that a command means: by id or its beginning, addresses, tenant, site, state, campaign.
 *
 * All of the queue is looked at, what waits on disk alone too: it is read back for that, and leaves memory again. A long
 * queue is looked at in slices, some milliseconds a turn, so that nothing else waits; what comes in meanwhile may be
 * missed, what ended meanwhile is. */
#pragma once

#include "control.h"
#include "delivery.h"

struct queued;
struct selection;

typedef void selection_each(struct queued *, struct control_call *, struct delivery *, void *ctx);
/* found: how many it was called for. */
typedef void selection_done(struct queued *, struct control_call *, unsigned found, void *ctx);

/* From the call's arguments; NULL: they make no sense, and the call was answered so. */
struct selection *selection_new(struct queued *, struct control_call *);
bool selection_is_empty(const struct selection *); /* nothing was said: it means all */
bool selection_is_by_id(const struct selection *);
bool selection_has(const struct selection *, struct id); /* by its id alone */
bool selection_needs_envelope(const struct selection *); /* more than id and state was said */
void selection_free(struct selection *);                 /* of one that is not walked */
/* Calls each() for those that fit, at most `most`; a delivery may end in it. Then done(), once, perhaps before this
 * returns; then the selection is freed. */
void
selection_walk(struct selection *, unsigned most, selection_each *, selection_done *, void *ctx);
