/* parking.h: deliveries of a lane that wait on disk alone, in the order in which their turn comes (pure).
 *
 * A lane keeps a window of its mail in memory; what is beyond it is here, as an id each: by priority, then in turn between
 * tenants, of each first come first served. An entry is a claim: who takes it looks whether the delivery still waits so. */
#pragma once

#include "draw.h"
#include "id.h"
#include "table.h"

struct parked {
	struct id id;
	uint32_t index;
	uint64_t
	    next_ms; /* what it waits until at most: another figure means that it went on meanwhile */
};

struct parked_line;
TAILQ_HEAD(parked_lines, parked_line);

struct parking {
	struct table lines; /* that hold something */
	struct parked_lines rounds[DRAW_PRIORITIES];
	size_t n;
};

void parking_init(struct parking *);
/* False: there are as many as may be, in all lanes together; this one comes back by its time alone. */
bool parking_put(struct parking *, struct span tenant, unsigned priority, const struct parked *);
bool parking_take(struct parking *, struct parked *); /* false: none is left */
