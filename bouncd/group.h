/* group.h: what one turn of the loop changes in the suppression list is one transaction, and one wait for the disk.
 *
 * Answers that say something is suppressed wait for it: verdicts, confirmations. So a thousand hard bounces a second cost
 * some dozens of syncs, and the loop waits for none of them (disk.h). */
#pragma once

#include "bouncd.h"

void group_start(struct bouncd *);
/* Changes after it belong to the group, until the end of the turn. -1: err. */
int group_open(struct bouncd *, struct err *);
/* queued is told once it is on disk. */
void group_change(struct bouncd *, const struct suppression_entry *, bool suppressed);
/* say is called when the group is on disk (durable), or could not be brought there; at once where none is open. */
void
group_after(struct bouncd *, void (*say)(struct bouncd *, void *what, bool durable), void *what);
/* Calls then where no group is open and nothing is on its way to the disk: in its turn (disk.h), behind what is open now. It may
 * call disk_begin(). */
void group_between(struct bouncd *, void (*then)(struct bouncd *, void *ctx), void *ctx);
/* Why the last one that was lost was lost. */
const char *group_lost_why(void);
