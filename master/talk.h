/* talk.h: the words between the master and a child: what it says becomes an event, an order becomes a record.
 *
 * child_tell(), child_kill() and child_nonsense() of child.h are here too. */
#pragma once

struct chan;
struct child;

/* The child's channel on the master's end of its socket pair. */
struct chan *talk_open(struct child *, int fd);
