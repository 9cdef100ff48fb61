/* draw.h: who goes next in a lane (pure): deficit round robin between tenants, then between a tenant's campaigns.
 *
 * What waits in a lane waits for a set of hosts. Two questions are answered, each at a cost that does not grow with what
 * waits or with the number of sets:
 * - A set can take one: which of its own? draw_peek(), fair within the set.
 * - The lane has something to give (a permit of its message rate, a connection): which of the sets that want one gets it?
 *   draw_turn(), fair over the whole lane. Sets that want nothing now stand aside.
 * Within a tenant higher priorities go first. An item costs 1 and more when it is large. An item is in at most one draw.
 * Names are copied. A set that comes to want something costs as many steps as it has lines (pairs of tenant and campaign). */
#pragma once

#include "span.h"

#include <bsd/sys/cdefs.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

enum { DRAW_PRIORITIES = 3 }; /* 0 is drawn first */

/* What a lane gives to its sets, one at a time. */
enum draw_gift { DRAW_PERMIT, DRAW_CONNECTION, DRAW_GIFTS };

struct draw_line;

struct draw_item {
	TAILQ_ENTRY(draw_item) link;
	struct draw_line *in; /* NULL: in no draw */
	uint32_t cost;        /* at least 1 */
};

TAILQ_HEAD(draw_items, draw_item);
TAILQ_HEAD(draw_lines, draw_line);
TAILQ_HEAD(draw_turns, draw_turn);

/* A place in a round. Who is in debt is given its quantum and goes behind the others. */
struct draw_turn {
	TAILQ_ENTRY(draw_turn) link;
	int32_t deficit;
	uint32_t weight; /* the quantum's parts: of a tenant its weight, of a campaign 1 */
};

/* A tenant in the lane. */
struct draw_tenant {
	RB_ENTRY(draw_tenant) by_name;
	RB_HEAD(draw_campaigns, draw_campaign) campaigns;
	struct draw_turn turn[DRAW_GIFTS];
	struct draw_turns rounds[DRAW_GIFTS][DRAW_PRIORITIES]; /* campaigns with lines that want */
	unsigned wanting[DRAW_GIFTS];                          /* of them, in all */
	struct span name;
	char text[];
};

/* A campaign of a tenant in the lane. */
struct draw_campaign {
	RB_ENTRY(draw_campaign) by_name;
	RB_HEAD(draw_campaign_lines, draw_line) lines;
	struct draw_turn turn[DRAW_GIFTS];
	struct draw_lines wanting[DRAW_GIFTS];
	struct draw_tenant *tenant;
	struct span name;
	unsigned priority;
	size_t n; /* items */
	char text[];
};

/* A tenant among those of one set. */
struct draw_share {
	RB_ENTRY(draw_share) by_tenant;
	struct draw_turn turn;
	struct draw_turns rounds[DRAW_PRIORITIES]; /* its lines */
	struct draw_set *set;
	struct draw_tenant *tenant;
	unsigned lines;
};

/* What a campaign has for one set, first come first served. */
struct draw_line {
	RB_ENTRY(draw_line) by_set;
	struct draw_turn turn; /* among its share's */
	struct {
		TAILQ_ENTRY(draw_line) link;
		bool in; /* among its campaign's that want; else among its set's that stand aside */
	} ring[DRAW_GIFTS];
	struct draw_campaign *campaign;
	struct draw_share *share;
	struct draw_items items;
};

struct draw {
	RB_HEAD(draw_tenants, draw_tenant) tenants;
	struct draw_turns rounds[DRAW_GIFTS];
	size_t n, campaigns_n;
};

/* What waits for one set of hosts. */
struct draw_set {
	struct draw *draw;
	RB_HEAD(draw_shares, draw_share) shares;
	struct draw_turns round;
	struct draw_lines aside[DRAW_GIFTS];
	bool wants[DRAW_GIFTS];
	size_t n;
};

/* Whose item it is. */
struct draw_place {
	struct span tenant, campaign;
	unsigned priority;
	uint32_t weight; /* of the tenant, 0 counts as 1; the last one put holds */
	bool first;      /* its turn had come already: in front of its line */
};

void draw_init(struct draw *);
void draw_set_init(struct draw_set *, struct draw *);
/* How many wait in the lane of that campaign and priority. */
size_t draw_count(const struct draw *, const struct draw_place *);
void draw_put(struct draw_set *, struct draw_item *, const struct draw_place *, uint32_t cost);

/* The next of a set; NULL: there is none. */
struct draw_item *draw_peek(struct draw_set *);
/* What draw_peek() said goes: its tenant and campaign pay for it. It is still to be removed. */
void draw_pay(struct draw_item *);
/* Both, and it is out. */
struct draw_item *draw_take(struct draw_set *);

/* Whether the set wants one of these now. */
void draw_wants(struct draw_set *, enum draw_gift, bool);
/* Whose turn it is: the first item of that line; NULL: no set wants one. Changes nothing but rounds. */
struct draw_item *draw_turn(struct draw *, enum draw_gift);
/* The gift went to this item's line: before it is removed, if it is. */
void draw_charge(struct draw_item *, enum draw_gift, uint32_t cost);

/* Any of the lane's; NULL: there is none. */
struct draw_item *draw_any(struct draw *);
struct draw_set *draw_set_of(const struct draw_item *);
/* The one that stands behind this in its line, to go with it in one transaction: ask before taking this out. */
struct draw_item *draw_behind(const struct draw_item *);
void draw_remove(struct draw_item *);
