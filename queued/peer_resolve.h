/* peer_resolve.h: asks deliverd-resolve where a domain's mail goes. While it is away questions wait in site.c, which asks
 * again when it is back. */
#pragma once

#include "span.h"

struct queued;
struct peer_resolve;

struct peer_resolve *peer_resolve_new(struct queued *);
void peer_resolve_ask(struct peer_resolve *, uint64_t ask, struct span domain);
