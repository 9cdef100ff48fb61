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

bool visitor_nets_have(const struct visitor_nets *, const struct ip *);
