/* aside.h: what makes no sense costs the delivery it concerns, never the queue.
 *
 * A move the table does not know, a record that cannot be used: the delivery is taken out of wherever it stands and held, with
 * a log line, an event and its reason, until an operator releases or drops it. One that is ending, or whose sender is being
 * told, goes on to its end. */
#pragma once

#include "delivery.h"

struct queued;

/* False: the caller goes no further with it. It may not move there, and was set aside; or it would wait again, and what an operator
 * said meanwhile was followed: it is held, or ends as dropped. */
bool aside_move(struct queued *, struct delivery *, enum delivery_state)
    __attribute__((warn_unused_result));
/* False: what happened to it cannot happen where it stands, and it was set aside. where: its states, as bits. */
bool aside_unless(struct queued *, struct delivery *, unsigned where, const char *what)
    __attribute__((warn_unused_result));
void aside_put(struct queued *, struct delivery *, const char *why);
/* Whether it was this, and no operator, that holds it. */
bool aside_is(const struct delivery *);
/* A message comes in from the disk: where queued died of it twice, what is open of it is held. */
void aside_if_deadly(struct queued *, struct message *);
