/* peer_rewrite.h: hands messages to the trackd-rewrite workers and takes back what to send.
 *
 * A question is a transaction whose session is free. It waits for its turn (rewrite_turns.h) and is asked again when its worker
 * went away; a message that was there when several did is tried alone, then signed only, then sent as it is. What goes to a deliverd worker that reads
 * nothing waits for it. */
#pragma once

#include "session.h"

struct queued;
struct peer_rewrite;

struct peer_rewrite *peer_rewrite_new(struct queued *);
/* Whether this delivery's bytes must be made anew before they go, and whether for this recipient alone. */
bool rewrite_wanted(const struct queued *, const struct delivery *);
bool rewrite_is_personal(const struct queued *, const struct delivery *);
void peer_rewrite_ask(struct peer_rewrite *, struct transaction *);
/* At a turn's end: gives to the workers what they have room for. */
void peer_rewrite_serve(struct peer_rewrite *);
void peer_rewrite_forget(struct peer_rewrite *, uint64_t transaction);
/* A deliverd worker reads again. */
void peer_rewrite_go_on(struct peer_rewrite *);
