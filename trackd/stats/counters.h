/* counters.h: how often what happened, by tenant and campaign, in LMDB; the only user of that database.
 *
 * Changes of one step (a batch of events and the places they were read to) are one transaction, so a count is never
 * counted twice or lost. Losing the database costs reading the event files again. */
#pragma once

#include "err.h"
#include "id.h"

enum count {
	COUNT_RECEIVED,
	COUNT_DELIVERED,
	COUNT_DEFERRED,
	COUNT_BOUNCED_HARD,
	COUNT_BOUNCED_SOFT,
	COUNT_EXPIRED,
	COUNT_SUPPRESSED,
	COUNT_DROPPED,
	COUNT_OPENED,
	COUNT_CLICKED,
	COUNT_COMPLAINT,
	COUNT_UNSUBSCRIBED,
	COUNT_AUTOREPLY,
	COUNT_KINDS,
};

const char *count_name(enum count);

struct counters;

struct counters *counters_open(const char *folder, struct err *);
int counters_begin(struct counters *, struct err *);
int counters_commit(struct counters *, struct err *);

/* Between begin and commit. */
void
counters_add(struct counters *, struct span tenant, struct span campaign, enum count, uint64_t n);
/* Which campaign a message belongs to, so that opens and clicks find it. */
void counters_campaign_put(struct counters *, struct span message, struct span campaign);
struct span
counters_campaign(struct counters *, struct span message); /* valid until the next change */
/* How far a file was read: its inode and offset. */
void counters_place_put(struct counters *, const char *file, uint64_t inode, uint64_t offset);
void counters_place(struct counters *, const char *file, uint64_t *inode, uint64_t *offset);

/* Outside of begin and commit: each row, ordered by tenant, then campaign. */
void counters_each(struct counters *,
    void (*each)(
	void *ctx, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS]),
    void *ctx);
