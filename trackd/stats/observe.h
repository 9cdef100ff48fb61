/* observe.h: one line of an event file: what it counts as, and what the index keeps of it.
 *
 * From each file only its own kinds are believed (DESIGN 6): queued tells what ends a delivery, trackd-web opens and
 * clicks, bouncd what came back. */
#pragma once

#include "counters.h"
#include "deliveries.h"

enum event_file { FILE_QUEUED, FILE_WEB, FILE_BOUNCD, EVENT_FILES };

/* Between begin and commit of both. */
void observe_line(struct counters *, struct deliveries *, enum event_file, struct span line);
/* The same line again, of which the counters know: for the index alone. */
void observe_again(struct deliveries *, enum event_file, struct span line);
