/* explain.h: why a delivery waits, in words: which limit and where it was written, what the server said and what that means,
 * when it is tried again. */
#pragma once

#include "delivery.h"

struct queued;

/* One sentence. */
void explain(const struct queued *, const struct delivery *, struct buf *out);
/* What holds the lane back now: "connections (shaping.conf:31)", "reply 421 ...", "nothing". */
void explain_lane(const struct lane *, struct buf *out);
