/* outgoing.h: the finished message on its way back to queued: as bytes, or as a sealed memory file when large. */
#pragma once

#include "proto_rewrite.h"

/* Fills content and facts of done and sends it. fields stand in front of the message. */
/* as_7bit: it is the form for a server without 8BITMIME, whatever bytes its header has: it would only be asked for again. */
void outgoing_put(
    struct chan *, struct rewrite_done *, bool as_7bit, struct span fields, struct span message);
