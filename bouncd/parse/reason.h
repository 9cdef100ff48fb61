/* reason.h: what a report in words gives as the reason, without what every report says. Pure. */
#pragma once

#include "arena.h"

/* The reason that begins text, said of self: up to the end of its paragraph, a footer or another recipient's line. */
struct span reason_first(struct span text, struct span self);
/* Without colons, line ends and the like before and behind it. */
struct span reason_bare(struct span);
/* A reply code or status stands in it, so that a server said it. */
bool reason_is_coded(struct span);
/* The words of a whole report that belong to no recipient: its lines without those that all reports have. */
struct span reason_of_report(struct span text, struct arena *);
