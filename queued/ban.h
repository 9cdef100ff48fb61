/* ban.h: tenants whose content a site does not take from a source: each is suspended in that lane alone (pure).
 *
 * The first suspension lasts what the verdict says, or a quarter of an hour; each that follows within a day of the last one's
 * end lasts twice as long, six hours at most. Times are loop_now_ms(). */
#pragma once

#include "span.h"

#include <bsd/sys/queue.h>

enum { BAN_REASON_MAX = 200 };

struct ban {
	SLIST_ENTRY(ban) link;
	uint64_t until_ms;
	unsigned times;              /* suspensions so far, in a row */
	char reason[BAN_REASON_MAX]; /* the reply */
	struct span tenant;
	char text[];
};
SLIST_HEAD(bans, ban);

/* True: this began a suspension (worth an event). for_s 0: the verdict names no time. */
bool ban_put(struct bans *, struct span tenant, uint64_t now_ms, uint32_t for_s, struct span reply);
/* That tenant's suspension, while it lasts; NULL: it may send. */
const struct ban *ban_of(const struct bans *, struct span tenant, uint64_t now_ms);
unsigned bans_n(const struct bans *, uint64_t now_ms);
/* One tenant's, or all with an empty name. How many lasted still. */
unsigned bans_lift(struct bans *, struct span tenant, uint64_t now_ms);
