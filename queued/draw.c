#include "draw.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

enum { QUANTUM = 4 };

static int
by_campaign(const struct draw_campaign *a, const struct draw_campaign *b)
{
	return a->priority != b->priority ? (a->priority < b->priority ? -1 : 1)
					  : span_cmp(a->name, b->name);
}

static int
by_tenant(const struct draw_tenant *a, const struct draw_tenant *b)
{
	return span_cmp(a->name, b->name);
}

RB_PROTOTYPE(draw_campaign_names, draw_campaign, by_name, by_campaign)
RB_GENERATE(draw_campaign_names, draw_campaign, by_name, by_campaign)
RB_PROTOTYPE(draw_tenant_names, draw_tenant, by_name, by_tenant)
RB_GENERATE(draw_tenant_names, draw_tenant, by_name, by_tenant)

void
draw_init(struct draw *d)
{
	*d = (struct draw){ .n = 0 };
	TAILQ_INIT(&d->turns);
	RB_INIT(&d->names);
}

static struct draw_tenant *
tenant_of(struct draw *d, struct span name)
{
	struct draw_tenant key = { .name = name };
	struct draw_tenant *t = RB_FIND(draw_tenant_names, &d->names, &key);

	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t) + name.n + 1);
	if (t == NULL)
		fatal("out of memory for a tenant's turn");
	if (name.n > 0)
		memcpy(t->text, name.p, name.n);
	t->name = span_of(t->text, name.n);
	RB_INIT(&t->names);
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
		TAILQ_INIT(&t->turns[i]);
	RB_INSERT(draw_tenant_names, &d->names, t);
	TAILQ_INSERT_TAIL(&d->turns, t, turn);
	return t;
}

static struct draw_campaign *
campaign_of(struct draw_tenant *t, struct span name, unsigned priority)
{
	struct draw_campaign key = { .name = name, .priority = priority };
	struct draw_campaign *c = RB_FIND(draw_campaign_names, &t->names, &key);

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c) + name.n + 1);
	if (c == NULL)
		fatal("out of memory for a campaign's turn");
	if (name.n > 0)
		memcpy(c->text, name.p, name.n);
	c->name = span_of(c->text, name.n);
	c->priority = priority;
	c->tenant = t;
	TAILQ_INIT(&c->items);
	RB_INSERT(draw_campaign_names, &t->names, c);
	TAILQ_INSERT_TAIL(&t->turns[priority], c, turn);
	return c;
}

void
draw_put(struct draw *d, struct draw_item *i, const struct draw_place *p, uint32_t cost)
{
	struct draw_tenant *t = tenant_of(d, p->tenant);

	must(i->in == NULL && p->priority < DRAW_PRIORITIES);
	t->weight = p->weight == 0 ? 1 : p->weight;
	i->in = campaign_of(t, p->campaign, p->priority);
	i->cost = cost == 0 ? 1 : cost;
	TAILQ_INSERT_TAIL(&i->in->items, i, link);
	d->n++;
}

static struct draw_campaigns *
first_turns(struct draw_tenant *t)
{
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
		if (!TAILQ_EMPTY(&t->turns[i]))
			return &t->turns[i];
	return NULL;
}

/* The campaign whose turn it is: those in debt are given their quantum and go behind the others. */
static struct draw_campaign *
campaign_turn(struct draw_campaigns *turns)
{
	struct draw_campaign *c;

	while ((c = TAILQ_FIRST(turns))->deficit <= 0) {
		c->deficit += QUANTUM;
		if (TAILQ_NEXT(c, turn) == NULL)
			continue;
		TAILQ_REMOVE(turns, c, turn);
		TAILQ_INSERT_TAIL(turns, c, turn);
	}
	return c;
}

static struct draw_tenant *
tenant_turn(struct draw *d)
{
	struct draw_tenant *t;

	while ((t = TAILQ_FIRST(&d->turns))->deficit <= 0) {
		t->deficit += QUANTUM * (int32_t)t->weight;
		if (TAILQ_NEXT(t, turn) == NULL)
			continue;
		TAILQ_REMOVE(&d->turns, t, turn);
		TAILQ_INSERT_TAIL(&d->turns, t, turn);
	}
	return t;
}

struct draw_item *
draw_peek(struct draw *d)
{
	if (d->n == 0)
		return NULL;
	return TAILQ_FIRST(&campaign_turn(first_turns(tenant_turn(d)))->items);
}

struct draw_item *
draw_behind(const struct draw_item *i)
{
	return TAILQ_NEXT(i, link);
}

struct draw_item *
draw_take(struct draw *d)
{
	struct draw_item *i = draw_peek(d);

	if (i == NULL)
		return NULL;
	i->in->deficit -= (int32_t)i->cost;
	i->in->tenant->deficit -= (int32_t)i->cost;
	draw_remove(d, i);
	return i;
}

void
draw_remove(struct draw *d, struct draw_item *i)
{
	struct draw_campaign *c = i->in;
	struct draw_tenant *t = c->tenant;

	TAILQ_REMOVE(&c->items, i, link);
	i->in = NULL;
	d->n--;
	if (!TAILQ_EMPTY(&c->items))
		return;
	TAILQ_REMOVE(&t->turns[c->priority], c, turn);
	RB_REMOVE(draw_campaign_names, &t->names, c);
	free(c);
	if (!RB_EMPTY(&t->names))
		return;
	TAILQ_REMOVE(&d->turns, t, turn);
	RB_REMOVE(draw_tenant_names, &d->names, t);
	free(t);
}
