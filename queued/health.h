/* health.h: what became of a tenant's mail lately, and whether that is more than it may be (pure).
 *
 * Deliveries, hard bounces (at once or late) and complaints of the last day, in hourly buckets; times are ms since 1970.
 * Shares are in thousandths of a percent (10 % is 10000). The share of bounces is of what ended (delivered or bounced at
 * once); that of complaints of what was delivered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_HOURS = 24, HEALTH_WHOLE = 100000 };

enum health_kind {
	HEALTH_DELIVERED,
	HEALTH_BOUNCED,
	HEALTH_BOUNCED_LATE,
	HEALTH_COMPLAINT,
	HEALTH_KINDS
};

struct health_counts {
	uint32_t of[HEALTH_KINDS];
};

struct health {
	uint64_t hour; /* since 1970, of the newest bucket; bucket hour % HEALTH_HOURS */
	struct health_counts hours[HEALTH_HOURS];
};

struct health_limits {
	uint32_t bounces, complaints; /* shares; 0: never */
	uint32_t least;               /* ended deliveries below which no share counts */
	uint32_t least_complaints;
};

enum health_verdict { HEALTH_GOOD, HEALTH_BOUNCES, HEALTH_COMPLAINTS };

void health_add(struct health *, uint64_t now_ms, enum health_kind, uint32_t n);
/* As it was kept: into the bucket of that hour; what is too old, or of an hour to come, is left out. */
void health_keep(struct health *, uint64_t now_ms, uint64_t hour, const struct health_counts *);
struct health_counts health_sum(const struct health *, uint64_t now_ms);
void health_forget(struct health *); /* begins anew */

uint32_t health_bounce_share(const struct health_counts *);
uint32_t health_complaint_share(const struct health_counts *);
enum health_verdict health_judge(const struct health_counts *, const struct health_limits *);
