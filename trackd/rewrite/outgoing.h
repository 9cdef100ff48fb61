/* outgoing.h: the finished message on its way back to queued: as bytes, or as a sealed memory file when large. */
#pragma once

#include "proto_rewrite.h"

/* Fills content and facts of done and sends it. fields stand in front of the message. */
void outgoing_put(struct chan *, struct rewrite_done *, struct span fields, struct span message);
