/* networks.h: in which of some named lists of networks an address is. Pure.
 *
 * A list is sorted once, so that hundreds of networks cost a few comparisons a visit. Networks of a list may overlap. */
#pragma once

#include "arena.h"
#include "conf.h"

struct networks; /* one list */

/* The values of that list setting of the block; lives in the arena. */
struct networks *networks_read(const struct conf_block *, const char *setting, struct arena *);

struct network_address {
	int family; /* AF_INET, AF_INET6; 0: none */
	uint8_t b[16];
};

/* An address as text; an IPv4 address mapped into IPv6 is IPv4. False: it is none. */
bool network_address_read(struct span, struct network_address *);
bool networks_have(const struct networks *, const struct network_address *);
