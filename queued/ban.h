/* ban.h: tenants whose content a site does not take from a source: each is suspended in that lane alone (pure).
 *
 * The first suspension lasts what the verdict says, or a quarter of an hour; each that follows within a day of the last one's
 * end lasts twice as long, six hours at most. Times are loop_now_ms().
 *
 * A site that refuses one message for good may still take the next: three in a row say that it takes none. */
#pragma once

#include "span.h"
#include "suspicion.h"
#include "table.h"

enum { BAN_REASON_MAX = 200 };

struct ban {
	struct table_node by_tenant;
	uint64_t until_ms;
	unsigned times;              /* suspensions so far, in a row */
	unsigned refused;            /* messages refused for good, with none taken in between */
	struct id last;              /* of them */
	struct suspicion blamed;     /* its content, for now and in general words */
	char reason[BAN_REASON_MAX]; /* the reply */
	struct span tenant;
	char text[];
};
struct bans {
	struct table by_tenant; /* zeros: none */
};

/* True: this began a suspension (worth an event). for_s 0: the verdict names no time. */
bool ban_put(struct bans *, struct span tenant, uint64_t now_ms, uint32_t for_s, struct span reply);
/* A message of it was refused for good because of its content. True: so were those before it, and it is to be suspended. */
bool ban_refused(struct bans *, struct span tenant, struct id message);
/* A message was refused for now, in general words. True: so was another one within the hour. */
bool ban_blamed(struct bans *, struct span tenant, struct id message, uint64_t now_ms);
/* One was taken. */
void ban_taken(struct bans *, struct span tenant);
/* That tenant's suspension, while it lasts; NULL: it may send. */
const struct ban *ban_of(const struct bans *, struct span tenant, uint64_t now_ms);
static inline bool
bans_none(const struct bans *bs)
{
	return bs->by_tenant.n == 0;
}
/* All of them, also those that are over, in no order: NULL begins and ends. */
const struct ban *bans_each(const struct bans *, const struct ban *);
unsigned bans_n(const struct bans *, uint64_t now_ms);
/* One tenant's, or all with an empty name. How many lasted still. */
unsigned bans_lift(struct bans *, struct span tenant, uint64_t now_ms);
