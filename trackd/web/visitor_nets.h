/* visitor_nets.h: in which of some named lists of networks an address is. Pure.
 *
 * A list is sorted once, so that hundreds of networks cost a few comparisons a visit. Networks of a list may overlap. */
#pragma once

#include "arena.h"
#include "conf.h"

struct visitor_nets; /* one list */

/* The values of that list setting of the block; lives in the arena. */
struct visitor_nets *
visitor_nets_read(const struct conf_block *, const char *setting, struct arena *);

struct visitor_address {
	int family; /* AF_INET, AF_INET6; 0: none */
	uint8_t b[16];
};

/* An address as text; an IPv4 address mapped into IPv6 is IPv4. False: it is none. */
bool visitor_address_read(struct span, struct visitor_address *);
bool visitor_nets_have(const struct visitor_nets *, const struct visitor_address *);
