/* peer_resolve.h: asks deliverd-resolve where a domain's mail goes. While it is away questions wait in domain.c, which asks
 * again when it is back. */
#pragma once

struct queued;
struct resolve_ask;
struct peer_resolve;

struct peer_resolve *peer_resolve_new(struct queued *);
/* -1: not now; domains_room() is called when it can be asked, or domains_ask_again() when there is another resolve. */
int peer_resolve_ask(struct peer_resolve *, const struct resolve_ask *);
