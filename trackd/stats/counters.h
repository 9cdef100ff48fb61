/* counters.h: how often what happened, in LMDB; the only user of that database.
 *
 * Two kinds of rows: everything there ever was, by tenant and campaign; and what became of mail, by day and by tenant,
 * campaign, site, source, provider or category, for COUNTERS_DAYS days. Tenants name campaigns as they like, so of each only
 * so many have a row; the rest, and what nothing happened to for COUNTERS_DAYS days, is the tenant's "(other)". Nothing is
 * lost of a tenant's sum.
 *
 * Changes of one step (a batch of events and the places they were read to) are gathered in memory and are one transaction, so
 * a count is never counted twice or lost: what fails is read again. It is on disk when it is synced, which is seldom: losing
 * the database costs reading the event files again. */
#pragma once

#include "err.h"
#include "id.h"
#include "tally.h"

/* New ones at the end: rows on disk are as long as they were when they were written. */
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
	COUNT_LATE_HARD, /* bounces that came back after the delivery: beside delivered */
	COUNT_LATE_SOFT,
	COUNT_REPLY,          /* people wrote */
	COUNT_RETURNED,       /* other mail that came back and changed nothing */
	COUNT_OPENED_MACHINE, /* of those opened */
	COUNT_OPENED_UNSURE,
	COUNT_CLICKED_MACHINE, /* of those clicked */
	COUNT_CLICKED_UNSURE,
	COUNT_KINDS,
};

const char *count_name(enum count);

/* What posthouse bounces shows. */
enum share {
	SHARE_DELIVERED,
	SHARE_HARD,
	SHARE_SOFT,     /* given up, not for the address's sake; with those expired */
	SHARE_DEFERRED, /* attempts, not recipients */
	SHARE_LATE,
	SHARE_COMPLAINT,
	SHARE_KINDS,
};

enum dimension {
	BY_TENANT,
	BY_CAMPAIGN, /* "tenant/campaign" */
	BY_SITE,
	BY_SOURCE,
	BY_PROVIDER,
	BY_CATEGORY,
	DIMENSIONS,
};

enum {
	COUNTERS_DAYS = 90,
	COUNTERS_NAMES_MAX = 2000,       /* of a day and dimension */
	COUNTERS_TENANT_NAMES_MAX = 500, /* of a day's campaigns that are one tenant's */
	COUNTERS_DAY_CAMPAIGNS_MAX = 10000,
	COUNTERS_SITES_MAX = 50000,
	COUNTERS_CAMPAIGNS_MAX = 10000, /* rows of a tenant; of all COUNTERS_ROWS_MAX */
	COUNTERS_ROWS_MAX = 1000000,
};

const char *share_name(enum share);
int dimension_of(struct span word); /* -1: no such */

struct counters;

struct counters *counters_open(const char *folder, struct err *);
void counters_close(struct counters *);
int counters_begin(struct counters *, uint64_t now_ms, struct err *);
/* -1: nothing of this step counts; the next one begins where this one did. */
int counters_commit(struct counters *, struct err *);
void counters_abort(struct counters *);
/* Waits for the disk; from any thread. What was committed before it began is on disk then. */
int counters_sync(struct counters *, struct err *);

/* Between begin and commit. n may be negative: what an event said is taken back. */
void
counters_add(struct counters *, struct span tenant, struct span campaign, enum count, int64_t n);
/* day: since 1970, UTC. Beyond COUNTERS_NAMES_MAX names a day the rest are one, "(other)". */
void counters_share(struct counters *, uint32_t day, enum dimension, struct span name, enum share);
/* Whose a site is, as replies of its servers told: deliveries there count as that provider's. */
void counters_site_is(struct counters *, struct span site, struct span provider);
/* How far a file was read: its inode and offset. */
void counters_place_put(struct counters *, const char *file, uint64_t inode, uint64_t offset);
void counters_place(struct counters *, const char *file, uint64_t *inode, uint64_t *offset);

/* Outside of begin and commit: each row, ordered by tenant, then campaign. */
void counters_each(struct counters *,
    void (*each)(
	void *ctx, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS]),
    void *ctx);
/* The same: sums by name from that day on; for BY_PROVIDER what was delivered to its sites. */
void counters_shares(struct counters *, enum dimension, uint32_t from_day, struct tally *out);
