/* bounce_parse.h: a mail that came back, from its bytes to its facts. Pure.
 *
 * Tried in this order: feedback report (RFC 5965), delivery status (RFC 3464) as a part, the same as running text,
 * then the words written for people. A message that cannot be taken apart (deeper or with
 * more parts than mime.h allows) is KIND_OTHER. Where the arena is over, no more parts are decoded, and what was found
 * until then stands: a caller who must know asks arena_over(). Time is linear in the message; memory is the arena's cap
 * and a few times the limits of readable.h, however large the message is; the tree's own part of it grows with the header
 * fields about content, at most a few times the message. */
#pragma once

#include "came_back.h"

void bounce_parse(struct came_back *, struct span message, struct arena *);
