/* returned.h: mail that came back to a bounce or feedback address: parsed by bouncd-parse, judged, stored, told.
 *
 * queued keeps the mail until STORED with ok; so without a parser, or without a disk, it is asked again later. */
#pragma once

#include "bouncd.h"

void returned_start(struct bouncd *);
void returned_take(struct bouncd *, struct msg *);
/* queued went away: nobody waits for the answers. */
void returned_forget(void);
