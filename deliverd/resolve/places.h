/* places.h: whose question is asked next (pure): what can be asked at once is little, and tenants share it.
 *
 * A tenant may hold as many places as are free: alone it gets half of them, among n others an n+2nd part, and there is
 * always one for who holds none. New names go before those that failed before, which hold a quarter at most. A question that was
 * given up leaves its place, and lingers until the name servers are done with it; what may linger is shared likewise. */
#pragma once

#include <bsd/sys/cdefs.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

enum place_state { PLACE_WAITS, PLACE_HELD, PLACE_LINGERS };

/* Part of the thing that asks. */
struct place {
	TAILQ_ENTRY(place) link;
	struct place_tenant *tenant;
	bool again;
	enum place_state state;
};

/* What there is of a kind, and how much of it is taken: by all, or by one tenant. */
struct place_use {
	unsigned held, lingering;
};

struct place_tenant {
	RB_ENTRY(place_tenant) by_tenant;
	TAILQ_ENTRY(place_tenant) turn[2]; /* for new names, and for others */
	TAILQ_HEAD(, place) waiting[2];
	uint64_t tenant;
	struct place_use use;
};

struct places {
	RB_HEAD(place_tenants, place_tenant) tenants;
	TAILQ_HEAD(place_turns, place_tenant) turns[2];
	struct place_use most, use;
	unsigned again_held;
};

void places_init(struct places *, unsigned held_most, unsigned lingering_most);
void places_wait(struct places *, struct place *, uint64_t tenant, bool again);
/* The next, which now holds its place; NULL: none may go now. */
struct place *places_next(struct places *);
/* It holds it no more, but the name servers are still at it. */
void places_linger(struct places *, struct place *);
/* It is over: whatever state it was in. */
void places_leave(struct places *, struct place *);
