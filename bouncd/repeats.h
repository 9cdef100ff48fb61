/* repeats.h: how often mail came back for one delivery: the first of a kind counts, and after REPEATS_MAX it is a loop or
 * somebody's toy, and is dropped. Pure, in memory, bounded: what was not heard of for long is forgotten. */
#pragma once

#include "id.h"

enum { REPEATS_MAX = 20, REPEATS_KINDS = 6 };

enum repeat { REPEAT_FIRST, REPEAT_AGAIN, REPEAT_TOO_MANY };

/* Counts one of that kind (below REPEATS_KINDS) for a recipient of a message. The report that was the first stays the
 * first, should queued have to ask about it again. */
enum repeat repeats_count(struct id message, uint32_t index, unsigned kind, struct id report);
