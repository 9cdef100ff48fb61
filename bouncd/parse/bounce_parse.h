/* bounce_parse.h: a mail that came back, from its bytes to its facts. Pure.
 *
 * Tried in this order: feedback report (RFC 5965), delivery status (RFC 3464) as a part, the same as running text,
 * then the words written for people. A message that cannot be taken apart (too deep, too many parts, arena over)
 * is KIND_OTHER with what was found until then. Time is linear; memory is the arena's and a few times the limits of
 * readable.h, however large the message is. */
#pragma once

#include "came_back.h"

void bounce_parse(struct came_back *, struct span message, struct arena *);
