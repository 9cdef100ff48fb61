/* lately.h: ids of events that were counted lately, so that one which is written twice counts once.
 *
 * queued tells the ends again that it cannot know to be on disk, under the same id; that happens within its last segments. The
 * ids of the last LATELY_MOST events are known, over all files; at a
 * start those before the place are read again (follow.c). */
#pragma once

#include "span.h"

enum { LATELY_MOST = 1 << 16 };

/* Of a line of an event file; true: it was there already. A line without an id never was. */
bool lately_again(struct span line);
/* None is known. */
void lately_forget(void);
