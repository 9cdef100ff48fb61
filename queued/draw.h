/* draw.h: who goes next in a lane (pure): deficit round robin between tenants, then between a tenant's campaigns.
 *
 * Within a tenant higher priorities go first. An item costs 1 and more when it is large; a tenant that was drawn waits
 * until all others that have something were. An item is in at most one draw. Names are copied. */
#pragma once

#include "span.h"

#include <bsd/sys/cdefs.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

enum { DRAW_PRIORITIES = 3 }; /* 0 is drawn first */

struct draw_campaign;

struct draw_item {
	TAILQ_ENTRY(draw_item) link;
	struct draw_campaign *in; /* NULL: in no draw */
	uint32_t cost;            /* at least 1 */
};

TAILQ_HEAD(draw_items, draw_item);
TAILQ_HEAD(draw_campaigns, draw_campaign);
TAILQ_HEAD(draw_tenants, draw_tenant);

struct draw_campaign {
	TAILQ_ENTRY(draw_campaign) turn;
	RB_ENTRY(draw_campaign) by_name;
	struct draw_tenant *tenant;
	struct draw_items items;
	struct span name;
	unsigned priority;
	int32_t deficit;
	char text[];
};
RB_HEAD(draw_campaign_names, draw_campaign);

struct draw_tenant {
	TAILQ_ENTRY(draw_tenant) turn;
	RB_ENTRY(draw_tenant) by_name;
	struct draw_campaign_names names;
	struct draw_campaigns turns[DRAW_PRIORITIES];
	struct span name;
	int32_t deficit;
	uint32_t weight; /* of what is shared out, this many parts */
	char text[];
};
RB_HEAD(draw_tenant_names, draw_tenant);

struct draw {
	struct draw_tenants turns;
	struct draw_tenant_names names;
	size_t n;
};

/* Whose item it is. */
struct draw_place {
	struct span tenant, campaign;
	unsigned priority;
	uint32_t weight; /* of the tenant, 0 counts as 1; the last one put holds */
};

void draw_init(struct draw *);
void draw_put(struct draw *, struct draw_item *, const struct draw_place *, uint32_t cost);
/* Takes out the next; NULL: there is none. */
struct draw_item *draw_take(struct draw *);
/* The next without taking it. Calling draw_take() then returns it. */
struct draw_item *draw_peek(struct draw *);
/* The one that stands behind this in its campaign, to go with it in one transaction: ask before taking this out. */
struct draw_item *draw_behind(const struct draw_item *);
void draw_remove(struct draw *, struct draw_item *);
