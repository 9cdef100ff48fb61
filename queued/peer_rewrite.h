/* peer_rewrite.h: hands messages to the trackd-rewrite workers and takes back what to send.
 *
 * A question is a transaction whose session is free; it is asked again when its worker went away. A rewriter has a window: what
 * is beyond it waits, in turn between tenants, and so does what goes to a deliverd worker that reads nothing. */
#pragma once

#include "session.h"

struct queued;
struct peer_rewrite;

struct peer_rewrite *peer_rewrite_new(struct queued *);
/* Whether this delivery's bytes must be made anew before they go, and whether for this recipient alone. */
bool rewrite_wanted(const struct queued *, const struct delivery *);
bool rewrite_is_personal(const struct queued *, const struct delivery *);
void peer_rewrite_ask(struct peer_rewrite *, struct transaction *);
void peer_rewrite_forget(struct peer_rewrite *, uint64_t transaction);
/* A deliverd worker reads again. */
void peer_rewrite_go_on(struct peer_rewrite *);
