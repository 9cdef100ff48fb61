#include "places.h"
#include "err.h"

#include <stdlib.h>

enum { NEW, AGAIN };
enum { AGAIN_PART = 4 }; /* names that failed hold this part of the places at most */

static int
by_tenant(const struct place_tenant *a, const struct place_tenant *b)
{
	return a->tenant < b->tenant ? -1 : a->tenant > b->tenant;
}

RB_PROTOTYPE(place_tenants, place_tenant, by_tenant, by_tenant)
RB_GENERATE(place_tenants, place_tenant, by_tenant, by_tenant)

void
places_init(struct places *ps, unsigned held_most, unsigned lingering_most)
{
	*ps = (struct places){ .most = { held_most, lingering_most } };
	RB_INIT(&ps->tenants);
	TAILQ_INIT(&ps->turns[NEW]);
	TAILQ_INIT(&ps->turns[AGAIN]);
}

static struct place_tenant *
tenant_of(struct places *ps, uint64_t tenant)
{
	struct place_tenant key = { .tenant = tenant };
	struct place_tenant *t = RB_FIND(place_tenants, &ps->tenants, &key);

	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		fatal("out of memory for a tenant's questions");
	t->tenant = tenant;
	TAILQ_INIT(&t->waiting[NEW]);
	TAILQ_INIT(&t->waiting[AGAIN]);
	RB_INSERT(place_tenants, &ps->tenants, t);
	return t;
}

static void
tenant_rest(struct places *ps, struct place_tenant *t)
{
	if (t->use.held > 0 || t->use.lingering > 0 || !TAILQ_EMPTY(&t->waiting[NEW]) ||
	    !TAILQ_EMPTY(&t->waiting[AGAIN]))
		return;
	RB_REMOVE(place_tenants, &ps->tenants, t);
	free(t);
}

void
places_wait(struct places *ps, struct place *p, uint64_t tenant, bool again)
{
	struct place_tenant *t = tenant_of(ps, tenant);

	*p = (struct place){ .tenant = t, .again = again, .state = PLACE_WAITS };
	if (TAILQ_EMPTY(&t->waiting[again]))
		TAILQ_INSERT_TAIL(&ps->turns[again], t, turn[again]);
	TAILQ_INSERT_TAIL(&t->waiting[again], p, link);
}

static bool
may_take(const struct places *ps, const struct place_tenant *t)
{
	return t->use.held < ps->most.held - ps->use.held &&
	       t->use.lingering < ps->most.lingering - ps->use.lingering;
}

static void
waits_no_more(struct places *ps, struct place *p)
{
	struct place_tenant *t = p->tenant;

	TAILQ_REMOVE(&t->waiting[p->again], p, link);
	TAILQ_REMOVE(&ps->turns[p->again], t, turn[p->again]);
	if (!TAILQ_EMPTY(&t->waiting[p->again]))
		TAILQ_INSERT_TAIL(&ps->turns[p->again], t, turn[p->again]);
}

/* Each tenant that may not take one holds or has lingering at least one: the walk is as long as there are places, not tenants. */
static struct place *
next_of(struct places *ps, unsigned again)
{
	struct place_tenant *t;

	TAILQ_FOREACH (t, &ps->turns[again], turn[again])
		if (may_take(ps, t))
			return TAILQ_FIRST(&t->waiting[again]);
	return NULL;
}

struct place *
places_next(struct places *ps)
{
	struct place *p;

	if (ps->use.held >= ps->most.held || ps->use.lingering >= ps->most.lingering)
		return NULL;
	p = next_of(ps, NEW);
	if (p == NULL && ps->again_held < ps->most.held / AGAIN_PART)
		p = next_of(ps, AGAIN);
	if (p == NULL)
		return NULL;
	waits_no_more(ps, p);
	p->state = PLACE_HELD;
	p->tenant->use.held++;
	ps->use.held++;
	ps->again_held += p->again;
	return p;
}

static void
held_no_more(struct places *ps, struct place *p)
{
	p->tenant->use.held--;
	ps->use.held--;
	ps->again_held -= p->again;
}

void
places_linger(struct places *ps, struct place *p)
{
	must(p->state == PLACE_HELD);
	held_no_more(ps, p);
	p->state = PLACE_LINGERS;
	p->tenant->use.lingering++;
	ps->use.lingering++;
}

void
places_leave(struct places *ps, struct place *p)
{
	switch (p->state) {
	case PLACE_WAITS:
		waits_no_more(ps, p);
		break;
	case PLACE_HELD:
		held_no_more(ps, p);
		break;
	case PLACE_LINGERS:
		p->tenant->use.lingering--;
		ps->use.lingering--;
		break;
	}
	tenant_rest(ps, p->tenant);
}
