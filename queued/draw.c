#include "draw.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

/* Of cost: small messages of two tenants alternate in fours, which keeps what belongs together in one connection. */
enum { QUANTUM = 4 };

#define OF(turn, type, member) ((type *)(void *)((char *)(turn)-offsetof(type, member)))

static int
by_tenant(const struct draw_tenant *a, const struct draw_tenant *b)
{
	return span_cmp(a->name, b->name);
}

static int
by_campaign(const struct draw_campaign *a, const struct draw_campaign *b)
{
	return a->priority != b->priority ? (a->priority < b->priority ? -1 : 1)
					  : span_cmp(a->name, b->name);
}

static int
by_share(const struct draw_share *a, const struct draw_share *b)
{
	return a->tenant < b->tenant ? -1 : a->tenant > b->tenant;
}

static int
by_line(const struct draw_line *a, const struct draw_line *b)
{
	const struct draw_set *x = a->share->set, *y = b->share->set;

	return x < y ? -1 : x > y;
}

RB_PROTOTYPE(draw_tenants, draw_tenant, by_name, by_tenant)
RB_GENERATE(draw_tenants, draw_tenant, by_name, by_tenant)
RB_PROTOTYPE(draw_campaigns, draw_campaign, by_name, by_campaign)
RB_GENERATE(draw_campaigns, draw_campaign, by_name, by_campaign)
RB_PROTOTYPE(draw_shares, draw_share, by_tenant, by_share)
RB_GENERATE(draw_shares, draw_share, by_tenant, by_share)
RB_PROTOTYPE(draw_campaign_lines, draw_line, by_set, by_line)
RB_GENERATE(draw_campaign_lines, draw_line, by_set, by_line)

void
draw_init(struct draw *d)
{
	*d = (struct draw){ .n = 0 };
	RB_INIT(&d->tenants);
	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		TAILQ_INIT(&d->rounds[g]);
}

void
draw_set_init(struct draw_set *s, struct draw *d)
{
	*s = (struct draw_set){ .draw = d };
	RB_INIT(&s->shares);
	TAILQ_INIT(&s->round);
	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		TAILQ_INIT(&s->aside[g]);
}

struct draw_set *
draw_set_of(const struct draw_item *i)
{
	return i->in->share->set;
}

/* ---- rounds ---- */

static struct draw_turn *
whose_turn(struct draw_turns *round)
{
	struct draw_turn *t;

	while ((t = TAILQ_FIRST(round))->deficit <= 0) {
		t->deficit += QUANTUM * (int32_t)t->weight;
		TAILQ_REMOVE(round, t, link);
		TAILQ_INSERT_TAIL(round, t, link);
	}
	return t;
}

static struct draw_turns *
first_round(struct draw_turns *rounds)
{
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
		if (!TAILQ_EMPTY(&rounds[i]))
			return &rounds[i];
	return NULL;
}

/* ---- what wants, and what stands aside ---- */

static void
line_joins(struct draw_line *l, enum draw_gift g, bool first)
{
	struct draw_campaign *c = l->campaign;
	struct draw_tenant *t = c->tenant;

	if (TAILQ_EMPTY(&c->wanting[g])) {
		if (t->wanting[g]++ == 0)
			TAILQ_INSERT_TAIL(&l->share->set->draw->rounds[g], &t->turn[g], link);
		TAILQ_INSERT_TAIL(&t->rounds[g][c->priority], &c->turn[g], link);
	}
	l->ring[g].in = true;
	if (first)
		TAILQ_INSERT_HEAD(&c->wanting[g], l, ring[g].link);
	else
		TAILQ_INSERT_TAIL(&c->wanting[g], l, ring[g].link);
}

static void
line_leaves(struct draw_line *l, enum draw_gift g)
{
	struct draw_campaign *c = l->campaign;
	struct draw_tenant *t = c->tenant;

	l->ring[g].in = false;
	TAILQ_REMOVE(&c->wanting[g], l, ring[g].link);
	if (!TAILQ_EMPTY(&c->wanting[g]))
		return;
	TAILQ_REMOVE(&t->rounds[g][c->priority], &c->turn[g], link);
	if (--t->wanting[g] == 0)
		TAILQ_REMOVE(&l->share->set->draw->rounds[g], &t->turn[g], link);
}

/* Lines of a set that wants no more are put aside when their turn comes, and not before. */
void
draw_wants(struct draw_set *s, enum draw_gift g, bool wants)
{
	struct draw_line *l;

	s->wants[g] = wants;
	while (wants && (l = TAILQ_FIRST(&s->aside[g])) != NULL) {
		TAILQ_REMOVE(&s->aside[g], l, ring[g].link);
		line_joins(l, g, false);
	}
}

static struct draw_campaign *
campaign_turn(struct draw *d, enum draw_gift g)
{
	struct draw_tenant *t = OF(whose_turn(&d->rounds[g]), struct draw_tenant, turn[g]);

	return OF(whose_turn(first_round(t->rounds[g])), struct draw_campaign, turn[g]);
}

struct draw_item *
draw_turn(struct draw *d, enum draw_gift g)
{
	while (!TAILQ_EMPTY(&d->rounds[g])) {
		struct draw_line *l = TAILQ_FIRST(&campaign_turn(d, g)->wanting[g]);

		if (l->share->set->wants[g])
			return TAILQ_FIRST(&l->items);
		line_leaves(l, g);
		TAILQ_INSERT_TAIL(&l->share->set->aside[g], l, ring[g].link);
	}
	return NULL;
}

void
draw_charge(struct draw_item *i, enum draw_gift g, uint32_t cost)
{
	struct draw_line *l = i->in;

	l->campaign->turn[g].deficit -= (int32_t)cost;
	l->campaign->tenant->turn[g].deficit -= (int32_t)cost;
	if (!l->ring[g].in)
		return;
	TAILQ_REMOVE(&l->campaign->wanting[g], l, ring[g].link);
	TAILQ_INSERT_TAIL(&l->campaign->wanting[g], l, ring[g].link);
}

/* ---- putting ---- */

/* A block of this size with the name behind it, where struct span says it is. */
static void *
named_new(size_t size, struct span name, struct span *where, size_t text_at)
{
	char *p = calloc(1, size + name.n + 1);

	if (p == NULL)
		fatal("out of memory for a turn in a lane");
	if (name.n > 0)
		memcpy(p + text_at, name.p, name.n);
	*where = span_of(p + text_at, name.n);
	return p;
}

static struct draw_tenant *
tenant_of(struct draw *d, struct span name)
{
	struct draw_tenant key = { .name = name };
	struct draw_tenant *t = RB_FIND(draw_tenants, &d->tenants, &key);
	struct span own;

	if (t != NULL)
		return t;
	t = named_new(sizeof(*t), name, &own, offsetof(struct draw_tenant, text));
	t->name = own;
	RB_INIT(&t->campaigns);
	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
			TAILQ_INIT(&t->rounds[g][i]);
	RB_INSERT(draw_tenants, &d->tenants, t);
	return t;
}

static struct draw_campaign *
campaign_of(struct draw *d, struct draw_tenant *t, struct span name, unsigned priority)
{
	struct draw_campaign key = { .name = name, .priority = priority };
	struct draw_campaign *c = RB_FIND(draw_campaigns, &t->campaigns, &key);
	struct span own;

	if (c != NULL)
		return c;
	c = named_new(sizeof(*c), name, &own, offsetof(struct draw_campaign, text));
	c->name = own;
	c->priority = priority;
	c->tenant = t;
	RB_INIT(&c->lines);
	for (unsigned g = 0; g < DRAW_GIFTS; g++) {
		TAILQ_INIT(&c->wanting[g]);
		c->turn[g].weight = 1;
	}
	RB_INSERT(draw_campaigns, &t->campaigns, c);
	d->campaigns_n++;
	return c;
}

static struct draw_share *
share_of(struct draw_set *s, struct draw_tenant *t, uint32_t weight)
{
	struct draw_share key = { .tenant = t };
	struct draw_share *share = RB_FIND(draw_shares, &s->shares, &key);

	if (share != NULL)
		return share;
	share = calloc(1, sizeof(*share));
	if (share == NULL)
		fatal("out of memory for a tenant's share");
	share->set = s;
	share->tenant = t;
	share->turn.weight = weight;
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
		TAILQ_INIT(&share->rounds[i]);
	RB_INSERT(draw_shares, &s->shares, share);
	TAILQ_INSERT_TAIL(&s->round, &share->turn, link);
	return share;
}

static struct draw_line *
line_new(struct draw_campaign *c, struct draw_share *share, bool first)
{
	struct draw_line *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory for a line");
	l->campaign = c;
	l->share = share;
	l->turn.weight = 1;
	TAILQ_INIT(&l->items);
	RB_INSERT(draw_campaign_lines, &c->lines, l);
	TAILQ_INSERT_TAIL(&share->rounds[c->priority], &l->turn, link);
	share->lines++;
	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		if (share->set->wants[g])
			line_joins(l, g, first);
		else
			TAILQ_INSERT_TAIL(&share->set->aside[g], l, ring[g].link);
	return l;
}

static struct draw_line *
line_of(struct draw_set *s, const struct draw_place *p)
{
	struct draw_tenant *t = tenant_of(s->draw, p->tenant);
	struct draw_campaign *c = campaign_of(s->draw, t, p->campaign, p->priority);
	struct draw_share of = { .set = s };
	struct draw_line key = { .share = &of };
	struct draw_line *l = RB_FIND(draw_campaign_lines, &c->lines, &key);
	uint32_t weight = p->weight == 0 ? 1 : p->weight;

	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		t->turn[g].weight = weight;
	if (l == NULL)
		l = line_new(c, share_of(s, t, weight), p->first);
	l->share->turn.weight = weight;
	return l;
}

size_t
draw_count(const struct draw *d, const struct draw_place *p)
{
	struct draw_tenant t_key = { .name = p->tenant };
	struct draw_campaign c_key = { .name = p->campaign, .priority = p->priority };
	struct draw_tenant *t = RB_FIND(draw_tenants, (struct draw_tenants *)&d->tenants, &t_key);
	struct draw_campaign *c = t == NULL ? NULL : RB_FIND(draw_campaigns, &t->campaigns, &c_key);

	return c == NULL ? 0 : c->n;
}

void
draw_put(struct draw_set *s, struct draw_item *i, const struct draw_place *p, uint32_t cost)
{
	must(i->in == NULL && p->priority < DRAW_PRIORITIES);
	i->in = line_of(s, p);
	i->cost = cost == 0 ? 1 : cost;
	if (p->first)
		TAILQ_INSERT_HEAD(&i->in->items, i, link);
	else
		TAILQ_INSERT_TAIL(&i->in->items, i, link);
	s->n++;
	s->draw->n++;
	i->in->campaign->n++;
}

/* ---- taking ---- */

struct draw_item *
draw_peek(struct draw_set *s)
{
	struct draw_turn *t;

	if (s->n == 0)
		return NULL;
	t = whose_turn(&s->round);
	t = whose_turn(first_round(OF(t, struct draw_share, turn)->rounds));
	return TAILQ_FIRST(&OF(t, struct draw_line, turn)->items);
}

void
draw_pay(struct draw_item *i)
{
	i->in->turn.deficit -= (int32_t)i->cost;
	i->in->share->turn.deficit -= (int32_t)i->cost;
}

struct draw_item *
draw_take(struct draw_set *s)
{
	struct draw_item *i = draw_peek(s);

	if (i == NULL)
		return NULL;
	draw_pay(i);
	draw_remove(i);
	return i;
}

struct draw_item *
draw_any(struct draw *d)
{
	struct draw_tenant *t = RB_MIN(draw_tenants, &d->tenants);

	if (t == NULL)
		return NULL;
	return TAILQ_FIRST(
	    &RB_MIN(draw_campaign_lines, &RB_MIN(draw_campaigns, &t->campaigns)->lines)->items);
}

struct draw_item *
draw_behind(const struct draw_item *i)
{
	return TAILQ_NEXT(i, link);
}

static void
share_free(struct draw_share *share)
{
	TAILQ_REMOVE(&share->set->round, &share->turn, link);
	RB_REMOVE(draw_shares, &share->set->shares, share);
	free(share);
}

static void
campaign_free(struct draw *d, struct draw_campaign *c)
{
	struct draw_tenant *t = c->tenant;

	RB_REMOVE(draw_campaigns, &t->campaigns, c);
	d->campaigns_n--;
	free(c);
	if (!RB_EMPTY(&t->campaigns))
		return;
	RB_REMOVE(draw_tenants, &d->tenants, t);
	free(t);
}

static void
line_free(struct draw_line *l)
{
	struct draw_share *share = l->share;
	struct draw_campaign *c = l->campaign;
	struct draw *d = share->set->draw;

	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		if (l->ring[g].in)
			line_leaves(l, g);
		else
			TAILQ_REMOVE(&share->set->aside[g], l, ring[g].link);
	TAILQ_REMOVE(&share->rounds[c->priority], &l->turn, link);
	RB_REMOVE(draw_campaign_lines, &c->lines, l);
	free(l);
	if (--share->lines == 0)
		share_free(share);
	if (RB_EMPTY(&c->lines))
		campaign_free(d, c);
}

void
draw_remove(struct draw_item *i)
{
	struct draw_line *l = i->in;
	struct draw_set *s = l->share->set;

	TAILQ_REMOVE(&l->items, i, link);
	i->in = NULL;
	s->n--;
	s->draw->n--;
	l->campaign->n--;
	if (TAILQ_EMPTY(&l->items))
		line_free(l);
}
