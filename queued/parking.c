#include "parking.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST = 500000, /* in all lanes, 32 bytes each */
	FIRST = 64,
};

/* What a tenant has parked of one priority: a ring. */
struct parked_line {
	struct table_node by_tenant;
	TAILQ_ENTRY(parked_line) link;
	struct parked *ring;
	size_t cap, at, n; /* cap: a power of two */
	unsigned priority;
	struct span tenant;
	char text[];
};

static size_t all;

void
parking_init(struct parking *p)
{
	*p = (struct parking){ .n = 0 };
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++)
		TAILQ_INIT(&p->rounds[i]);
}

static struct parked_line *
line_new(struct parking *p, struct span tenant, unsigned priority, uint64_t hash)
{
	struct parked_line *l = calloc(1, sizeof(*l) + tenant.n + 1);

	if (l == NULL)
		fatal("out of memory for a tenant's parked mail");
	if (tenant.n > 0)
		memcpy(l->text, tenant.p, tenant.n);
	l->tenant = span_of(l->text, tenant.n);
	l->priority = priority;
	table_put(&p->lines, &l->by_tenant, hash);
	TAILQ_INSERT_TAIL(&p->rounds[priority], l, link);
	return l;
}

static struct parked_line *
line_of(struct parking *p, struct span tenant, unsigned priority)
{
	uint64_t hash = span_hash(tenant) + priority;

	for (struct table_node *n = table_first(&p->lines, hash); n != NULL; n = table_next(n)) {
		struct parked_line *l = TABLE_OF(n, struct parked_line, by_tenant);

		if (l->priority == priority && span_eq(l->tenant, tenant))
			return l;
	}
	return line_new(p, tenant, priority, hash);
}

static void
grow(struct parked_line *l)
{
	size_t cap = l->cap == 0 ? FIRST : l->cap * 2;
	struct parked *ring = calloc(cap, sizeof(*ring));

	if (ring == NULL)
		fatal("out of memory for %zu parked deliveries", cap);
	for (size_t i = 0; i < l->n; i++)
		ring[i] = l->ring[(l->at + i) & (l->cap - 1)];
	free(l->ring);
	l->ring = ring;
	l->cap = cap;
	l->at = 0;
}

bool
parking_put(struct parking *p, struct span tenant, unsigned priority, const struct parked *e)
{
	struct parked_line *l;

	if (all >= MOST)
		return false;
	l = line_of(p, tenant, priority);
	if (l->n == l->cap)
		grow(l);
	l->ring[(l->at + l->n++) & (l->cap - 1)] = *e;
	p->n++;
	all++;
	return true;
}

static void
line_free(struct parking *p, struct parked_line *l)
{
	table_remove(&p->lines, &l->by_tenant);
	free(l->ring);
	free(l);
}

bool
parking_take(struct parking *p, struct parked *e)
{
	for (unsigned i = 0; i < DRAW_PRIORITIES; i++) {
		struct parked_line *l = TAILQ_FIRST(&p->rounds[i]);

		if (l == NULL)
			continue;
		*e = l->ring[l->at];
		l->at = (l->at + 1) & (l->cap - 1);
		l->n--;
		p->n--;
		all--;
		TAILQ_REMOVE(&p->rounds[i], l, link);
		if (l->n > 0)
			TAILQ_INSERT_TAIL(&p->rounds[i], l, link);
		else
			line_free(p, l);
		return true;
	}
	return false;
}
