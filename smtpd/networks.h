/* networks.h: whose network an address is in, of many. Pure.
 *
 * The cost of a question grows with the lengths of prefixes there are, and hardly with the networks. */
#pragma once

#include "arena.h"
#include "ip.h"

struct networks;

/* Room for that many, in the arena. */
struct networks *networks_new(struct arena *, size_t most);
/* owner: a number of the caller's; where several have the address the lowest wins. */
void networks_add(struct networks *, const struct ip *, unsigned bits, size_t owner);
/* After the last one was added, before the first question. */
void networks_ready(struct networks *);
/* SIZE_MAX: nobody's. The address is not an IPv4 one in IPv6's clothes. */
size_t networks_owner(const struct networks *, const struct ip *);
