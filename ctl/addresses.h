/* addresses.h: the addresses of a header field (RFC 5322 3.4): names, comments, groups and old forms around them. */
#pragma once

#include "arena.h"

/* The next addr-spec of the list in *rest: "b@b.example", or a local part without a domain. Empty: there is none left.
 * White space and comments inside it are dropped, quotes of a local part kept. Lives in the arena. */
struct span addresses_next(struct span *rest, struct arena *);
