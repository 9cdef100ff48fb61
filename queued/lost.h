/* lost.h: final events of recipients whose message is damaged where it says who they are. */
#pragma once

#include "envelope.h"

struct queued;

/* envelope: what could be read of it, believed by nobody; so no bounce message goes to its sender. */
void lost_tell(struct queued *, const struct envelope *, const char *why);
