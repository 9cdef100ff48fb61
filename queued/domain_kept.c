#include "domain_kept.h"
#include "err.h"
#include "loop.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum {
	UNUSED_S = 3600, /* an answer that nobody needed for an hour is asked for again */
	TICK_MS = 60 * 1000,
	/* All that is kept of domains, their sites and hosts: some 300 000 domains that share theirs, or 100 000 where each has
	 * its own. Without the longest unused nothing is lost but an answer that resolve may still have. */
	BYTES_MOST = 36 << 20,
	A_TURN = 1000,     /* are let go */
	MALLOC_BYTES = 16, /* what each piece of memory takes besides */
};

/* ---- names ---- */

static uint64_t
name_hash(enum resolve_kind kind, struct span name)
{
	return span_hash_nocase(name) + (uint64_t)kind;
}

static size_t
bytes_of(const struct domain *d)
{
	return sizeof(*d) + d->name_n + MALLOC_BYTES;
}

static struct domain *
find(const struct domains *ds, enum resolve_kind kind, struct span name)
{
	for (struct table_node *n = table_first(&ds->by_name, name_hash(kind, name)); n != NULL;
	     n = table_next(n)) {
		struct domain *d = TABLE_OF(n, struct domain, by_name);

		if (d->kind == kind && span_eq_nocase(domain_name(d), name))
			return d;
	}
	return NULL;
}

static struct domain *
make(struct domains *ds, enum resolve_kind kind, struct span name)
{
	struct domain *d = calloc(1, sizeof(*d) + name.n);

	if (d == NULL)
		fatal("out of memory for a domain");
	if (name.n > 0)
		memcpy(d->name, name.p, name.n);
	d->name_n = (uint32_t)name.n;
	d->kind = (uint8_t)kind;
	ds->bytes += bytes_of(d);
	table_put(&ds->by_name, &d->by_name, name_hash(kind, name));
	TAILQ_INSERT_TAIL(&ds->resting, d, link);
	return d;
}

struct domain *
domain_find_or_make(struct domains *ds, enum resolve_kind kind, struct span name)
{
	struct domain *d = find(ds, kind, name);

	if (d == NULL)
		d = make(ds, kind, name);
	domain_used(ds, d);
	return d;
}

size_t
domains_n(const struct domains *ds)
{
	return ds->by_name.n;
}

size_t
domains_bytes(const struct domains *ds)
{
	return ds->bytes + host_sets_bytes() + sites_bytes(ds->q->sites) +
	       (ds->by_name.slots_n + ds->sets.slots_n) * sizeof(void *) +
	       ds->sets.n * MALLOC_BYTES;
}

struct table *
domains_sets(struct domains *ds)
{
	return &ds->sets;
}

/* ---- where it points ---- */

void
domain_point(struct domains *ds, struct domain *d, struct site *site, struct host_set *hosts)
{
	struct sites *sites = ds->q->sites;

	if (site != NULL)
		site_domain(sites, site, 1);
	if (d->site != NULL)
		site_domain(sites, d->site, -1);
	d->site = site;
	if (hosts != NULL)
		host_set_keep(hosts);
	host_set_drop(&ds->sets, d->hosts);
	d->hosts = hosts;
}

/* ---- what went wrong ---- */

static void
trouble_free(struct domains *ds, struct domain *d)
{
	struct domain_trouble *t = d->trouble;

	if (t == NULL)
		return;
	if (t->lost) {
		TAILQ_REMOVE(&ds->lost, t, link);
		ds->lost_n--;
	}
	free(t);
	d->trouble = NULL;
}

static void
trouble_set(struct domains *ds, struct domain *d, struct span why)
{
	struct domain_trouble *t = calloc(1, sizeof(*t) + why.n + 1);

	if (t == NULL)
		fatal("out of memory for an answer of the DNS");
	if (why.n > 0)
		memcpy(t->why, why.p, why.n);
	t->domain = d;
	t->lost = d->kind == RESOLVE_HOST_OF_ROUTE;
	if (t->lost) {
		TAILQ_INSERT_TAIL(&ds->lost, t, link);
		ds->lost_n++;
	}
	d->trouble = t;
}

struct span
domain_why(const struct domain *d)
{
	return d->trouble == NULL ? span_of(NULL, 0) : span_str(d->trouble->why);
}

void
domains_warn(const struct domains *ds, struct buf *out)
{
	const struct domain_trouble *t = TAILQ_FIRST(&ds->lost);

	if (t == NULL)
		return;
	buf_printf(out, "mail waits for %.*s, the host of a route that cannot be found%s%s",
	    SPAN(domain_name(t->domain)), t->why[0] != '\0' ? ": " : "", t->why);
	if (ds->lost_n > 1)
		buf_printf(out, "; and for %zu more", ds->lost_n - 1);
}

/* ---- what is known ---- */

void
domain_known_for(struct domains *ds, struct domain *d, enum resolve_status status, uint32_t ttl_s,
    struct span why)
{
	d->status = (uint8_t)status;
	d->until_ms = loop_now_ms() + (uint64_t)ttl_s * 1000;
	trouble_free(ds, d);
	if (status != RESOLVE_OK)
		trouble_set(ds, d, why);
}

bool
domain_is_fresh(const struct domain *d)
{
	return d->until_ms > loop_now_ms();
}

/* ---- being asked ---- */

struct domain_asked *
domain_ask_begins(struct domains *ds, struct domain *d)
{
	struct domain_asked *a = d->asked;

	if (a != NULL)
		return a;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		fatal("out of memory for a question to the DNS");
	a->domain = d;
	TAILQ_INIT(&a->waiting);
	TAILQ_REMOVE(&ds->resting, d, link);
	d->asked = a;
	return a;
}

void
domain_ask_ends(struct domains *ds, struct domain *d)
{
	struct domain_asked *a = d->asked;

	if (a == NULL || a->ask != 0 || a->settling || a->in_hand || !TAILQ_EMPTY(&a->waiting))
		return;
	free(a);
	d->asked = NULL;
	TAILQ_INSERT_TAIL(&ds->resting, d, link);
	domain_used(ds, d);
}

/* ---- being let go ---- */

static uint32_t
now_s(void)
{
	return (uint32_t)(loop_now_ms() / 1000);
}

void
domain_used(struct domains *ds, struct domain *d)
{
	d->used_s = now_s();
	if (d->asked != NULL)
		return;
	TAILQ_REMOVE(&ds->resting, d, link);
	TAILQ_INSERT_TAIL(&ds->resting, d, link);
}

static void
forget(struct domains *ds, struct domain *d)
{
	must(d->asked == NULL);
	trouble_free(ds, d);
	domain_point(ds, d, NULL, NULL);
	TAILQ_REMOVE(&ds->resting, d, link);
	table_remove(&ds->by_name, &d->by_name);
	ds->bytes -= bytes_of(d);
	free(d);
}

void
domains_make_room(struct domains *ds)
{
	struct domain *d;

	for (unsigned i = 0; i < 2 && domains_bytes(ds) > BYTES_MOST; i++)
		if ((d = TAILQ_FIRST(&ds->resting)) != NULL)
			forget(ds, d);
}

/* Some a turn. */
static void
on_tick(void *ctx, struct due *due)
{
	struct domains *ds = ctx;
	struct domain *d = NULL;
	unsigned n = 0;

	while (n < A_TURN && (d = TAILQ_FIRST(&ds->resting)) != NULL &&
	       now_s() - d->used_s >= UNUSED_S) {
		forget(ds, d);
		n++;
	}
	schedule_set(&ds->q->schedule, due, loop_now_ms() + (n == A_TURN ? 1 : TICK_MS));
}

void
domains_tick(struct domains *ds)
{
	ds->tick = (struct due){ .fire = on_tick, .ctx = ds };
	schedule_set(&ds->q->schedule, &ds->tick, loop_now_ms() + TICK_MS);
}
