#include "health.h"

enum { HOUR_MS = 3600 * 1000 };

/* Buckets between the newest and now are of hours in which nothing happened. A clock that went back a
 * little changes nothing. */
static void
move_on(struct health *h, uint64_t hour)
{
	if (h->hour >= hour + HEALTH_HOURS) { /* it was ahead: its window would never end */
		health_forget(h);
		h->hour = hour;
	}
	if (hour <= h->hour)
		return;
	if (hour - h->hour >= HEALTH_HOURS)
		health_forget(h);
	else
		for (uint64_t i = h->hour + 1; i <= hour; i++)
			h->hours[i % HEALTH_HOURS] = (struct health_counts){ { 0 } };
	h->hour = hour;
}

void
health_add(struct health *h, uint64_t now_ms, enum health_kind k, uint32_t n)
{
	uint32_t *of;

	move_on(h, now_ms / HOUR_MS);
	of = &h->hours[h->hour % HEALTH_HOURS].of[k];
	*of = *of > UINT32_MAX / HEALTH_HOURS - n ? UINT32_MAX / HEALTH_HOURS : *of + n;
}

void
health_keep(struct health *h, uint64_t now_ms, uint64_t hour, const struct health_counts *c)
{
	move_on(h, now_ms / HOUR_MS);
	if (hour > h->hour || h->hour - hour >= HEALTH_HOURS)
		return;
	h->hours[hour % HEALTH_HOURS] = (struct health_counts){ { 0 } };
	for (unsigned k = 0; k < HEALTH_KINDS; k++)
		h->hours[hour % HEALTH_HOURS].of[k] =
		    c->of[k] < UINT32_MAX / HEALTH_HOURS ? c->of[k] : UINT32_MAX / HEALTH_HOURS;
}

struct health_counts
health_sum(const struct health *h, uint64_t now_ms)
{
	struct health_counts sum = { { 0 } };
	uint64_t hour = now_ms / HOUR_MS, newest = h->hour;

	for (uint64_t age = 0; age < HEALTH_HOURS && age <= newest; age++)
		if (hour < newest || hour - (newest - age) < HEALTH_HOURS)
			for (unsigned k = 0; k < HEALTH_KINDS; k++)
				sum.of[k] += h->hours[(newest - age) % HEALTH_HOURS].of[k];
	return sum;
}

void
health_forget(struct health *h)
{
	*h = (struct health){ .hour = h->hour };
}

/* Late bounces and complaints are of deliveries that may have left the window: no share is more than all. */
static uint32_t
share(uint64_t part, uint64_t whole)
{
	if (part == 0)
		return 0;
	return part >= whole ? HEALTH_WHOLE : (uint32_t)(part * HEALTH_WHOLE / whole);
}

static uint64_t
ended(const struct health_counts *c)
{
	return (uint64_t)c->of[HEALTH_DELIVERED] + c->of[HEALTH_BOUNCED];
}

uint32_t
health_bounce_share(const struct health_counts *c)
{
	return share((uint64_t)c->of[HEALTH_BOUNCED] + c->of[HEALTH_BOUNCED_LATE], ended(c));
}

uint32_t
health_complaint_share(const struct health_counts *c)
{
	return share(c->of[HEALTH_COMPLAINT], c->of[HEALTH_DELIVERED]);
}

enum health_verdict
health_judge(const struct health_counts *c, const struct health_limits *l)
{
	if (ended(c) < l->least)
		return HEALTH_GOOD;
	if (l->complaints > 0 && c->of[HEALTH_COMPLAINT] >= l->least_complaints &&
	    health_complaint_share(c) > l->complaints)
		return HEALTH_COMPLAINTS;
	if (l->bounces > 0 && health_bounce_share(c) > l->bounces)
		return HEALTH_BOUNCES;
	return HEALTH_GOOD;
}
