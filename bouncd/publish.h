/* publish.h: tells queued whom not to mail: the list as a sealed memory file of hashes, then each change (DESIGN 2). */
#pragma once

#include "bouncd.h"

void publish_list(struct bouncd *);
void publish_change(struct bouncd *, const struct suppression_entry *, bool suppressed);
