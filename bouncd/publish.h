/* publish.h: tells queued whom not to mail: the packed list as a sealed memory file of hashes, then each change since (DESIGN
 * 2); and keeps the list in shape: merges it, sweeps what is over. */
#pragma once

#include "bouncd.h"

void publish_start(struct bouncd *);
/* Before an end: what changed goes into the second copy, where that is quickly done; the last group too. Then then is called. */
void publish_stop(struct bouncd *, void (*then)(struct bouncd *, void *unused));
void publish_list(struct bouncd *);
void publish_change(struct bouncd *, uint64_t published, bool suppressed);
/* Looks at once whether a merge is due. */
void publish_soon(struct bouncd *);
