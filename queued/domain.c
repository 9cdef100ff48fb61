#include "domain.h"
#include "course.h"
#include "err.h"
#include "loop.h"
#include "peer_resolve.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum {
	SMTP_PORT = 25,
	TTL_LEAST_S = 30,
	TTL_MOST_S = 86400,
	ROUTE_S = 3600, /* a route does not change but by reload; so long it is remembered */
	FAILED_FIRST_S =
	    15, /* a name that cannot be looked up: first so long, then twice that ... */
	FAILED_MOST_S = 30 * 60, /* ... and no longer than a server is left alone either */
	FAILED_KEPT_S = 60 * 60, /* how often it failed is remembered so long after that */
	DOMAINS_MAX =
	    500000, /* answers kept (some 100 MB); past it the oldest goes: it can be asked again */
	SETTLING_MS = 1000, /* a look whether that is over */
	ROUTED_A_TURN =
	    1000, /* deliveries of one domain that go on; the loop has others to serve */
};

/* What is known of a recipient domain, or of a host name of a route; or that it is asked. */
struct domain {
	struct table_node by_name, by_ask;
	struct span name;
	enum resolve_kind kind;
	uint64_t ask;    /* 0: no question is out */
	uint64_t tenant; /* hash of the name of whose question it is */
	bool unsent;     /* it waits until resolve takes more */
	TAILQ_ENTRY(domain) unsent_link;
	bool known;
	bool settling; /* answered, and in the list of those whose deliveries still go on */
	bool in_hand;  /* they go on in this call */
	enum resolve_status status;
	unsigned failures; /* look-ups in a row that came to nothing */
	uint64_t until_ms;
	unsigned conf;     /* the configuration its site is of, or that it was asked under */
	struct site *site; /* RESOLVE_OK, of a recipient domain */
	struct host_set *hosts;
	struct deliveries waiting;
	TAILQ_ENTRY(domain) link; /* among those that are known, the oldest first */
	TAILQ_ENTRY(domain) settling_link;
	bool lost; /* a host of a route that cannot be found, and in the list of those */
	TAILQ_ENTRY(domain) lost_link;
	struct due due;
	struct domains *home;
	struct host *coming; /* hosts as they come in, until the answer */
	uint32_t coming_n;
	uint16_t coming_preference;
	struct arena *coming_arena;
	char *why;
	char text[];
};

TAILQ_HEAD(domain_list, domain);

struct domains {
	struct queued *q;
	struct table by_name, asks, sets;
	struct domain_list known, settling, unsent, lost;
	size_t lost_n;
	struct due go_on;
	uint64_t last_ask;
	unsigned conf; /* counts the configurations */
};

struct table *
domains_sets(struct domains *ds)
{
	return &ds->sets;
}

size_t
domains_n(const struct domains *ds)
{
	return ds->by_name.n;
}

/* ---- names ---- */

static uint64_t
name_hash(enum resolve_kind kind, struct span name)
{
	return span_hash_nocase(name) + (uint64_t)kind;
}

static struct domain *
find(const struct domains *ds, enum resolve_kind kind, struct span name)
{
	for (struct table_node *n = table_first(&ds->by_name, name_hash(kind, name)); n != NULL;
	     n = table_next(n)) {
		struct domain *d = TABLE_OF(n, struct domain, by_name);

		if (d->kind == kind && span_eq_nocase(d->name, name))
			return d;
	}
	return NULL;
}

static void
point(struct domain *d, struct site *site, struct host_set *hosts)
{
	struct sites *sites = d->home->q->sites;

	if (site != NULL)
		site_domain(sites, site, 1);
	if (d->site != NULL)
		site_domain(sites, d->site, -1);
	d->site = site;
	if (hosts != NULL)
		host_set_keep(hosts);
	host_set_drop(&d->home->sets, d->hosts);
	d->hosts = hosts;
}

static void
lost(struct domain *d, bool is)
{
	struct domains *ds = d->home;

	if (d->lost == is)
		return;
	d->lost = is;
	if (is) {
		TAILQ_INSERT_TAIL(&ds->lost, d, lost_link);
		ds->lost_n++;
	} else {
		TAILQ_REMOVE(&ds->lost, d, lost_link);
		ds->lost_n--;
	}
}

void
domains_warn(const struct domains *ds, struct buf *out)
{
	const struct domain *d = TAILQ_FIRST(&ds->lost);

	if (d == NULL)
		return;
	buf_printf(out, "mail waits for %.*s, the host of a route that cannot be found%s%s",
	    SPAN(d->name), d->why != NULL ? ": " : "", d->why != NULL ? d->why : "");
	if (ds->lost_n > 1)
		buf_printf(out, "; and for %zu more", ds->lost_n - 1);
}

static void
forget(struct domain *d)
{
	struct domains *ds = d->home;

	lost(d, false);
	point(d, NULL, NULL);
	schedule_clear(&ds->q->schedule, &d->due);
	if (d->known)
		TAILQ_REMOVE(&ds->known, d, link);
	table_remove(&ds->by_name, &d->by_name);
	free(d->why);
	free(d);
}

static void
on_due(void *ctx, struct due *due)
{
	struct domain *d = ctx;

	if (d->settling || d->in_hand)
		schedule_set(&d->home->q->schedule, due, loop_now_ms() + SETTLING_MS);
	else
		forget(d);
}

/* Before names are looked at, for then nobody holds one. */
static void
make_room(struct domains *ds)
{
	struct domain *oldest = TAILQ_FIRST(&ds->known);

	if (ds->by_name.n >= DOMAINS_MAX && oldest != NULL && !oldest->settling && !oldest->in_hand)
		forget(oldest);
}

static struct domain *
find_or_make(struct domains *ds, enum resolve_kind kind, struct span name)
{
	struct domain *d = find(ds, kind, name);

	if (d != NULL)
		return d;
	d = calloc(1, sizeof(*d) + name.n + 1);
	if (d == NULL)
		fatal("out of memory for a domain");
	if (name.n > 0)
		memcpy(d->text, name.p, name.n);
	d->name = span_of(d->text, name.n);
	d->kind = kind;
	d->home = ds;
	d->due = (struct due){ .fire = on_due, .ctx = d };
	TAILQ_INIT(&d->waiting);
	table_put(&ds->by_name, &d->by_name, name_hash(kind, name));
	schedule_set(&ds->q->schedule, &d->due, loop_now_ms() + (uint64_t)ROUTE_S * 1000);
	return d;
}

/* ---- what is known ---- */

/* It is at rest: kept until its time is over, then forgotten; how often it failed is remembered for longer. */
static void
rest(struct domain *d)
{
	struct domains *ds = d->home;
	uint64_t more_s = d->failures > 0 || d->lost ? FAILED_KEPT_S : 0;

	if (d->known)
		TAILQ_REMOVE(&ds->known, d, link);
	d->known = true;
	TAILQ_INSERT_TAIL(&ds->known, d, link);
	schedule_set(&ds->q->schedule, &d->due, d->until_ms + more_s * 1000);
}

static void
known_for(struct domain *d, enum resolve_status status, uint32_t ttl_s, struct span why)
{
	d->status = status;
	d->until_ms = loop_now_ms() + (uint64_t)ttl_s * 1000;
	free(d->why);
	d->why = why.n == 0 ? NULL : strndup(why.p, why.n);
	rest(d);
}

static bool
is_fresh(const struct domain *d)
{
	return d->known && d->until_ms > loop_now_ms();
}

static uint32_t
failed_s(unsigned failures)
{
	uint32_t wait = FAILED_FIRST_S;

	while (failures-- > 1 && wait < FAILED_MOST_S)
		wait *= 2;
	return wait < FAILED_MOST_S ? wait : FAILED_MOST_S;
}

static uint32_t
ttl_within(uint32_t ttl_s)
{
	return ttl_s < TTL_LEAST_S ? TTL_LEAST_S : ttl_s > TTL_MOST_S ? TTL_MOST_S : ttl_s;
}

/* ---- asking ---- */

static void
sent(struct domain *d)
{
	if (d->unsent)
		TAILQ_REMOVE(&d->home->unsent, d, unsent_link);
	d->unsent = false;
}

/* -1: resolve takes no more now, and it waits for that. */
static int
question_put(struct domain *d)
{
	struct resolve_ask a = { .ask = d->ask,
		.kind = d->kind,
		.again = d->failures > 0,
		.tenant = d->tenant,
		.domain = d->name };

	sent(d);
	if (peer_resolve_ask(d->home->q->resolve, &a) == 0)
		return 0;
	d->unsent = true;
	TAILQ_INSERT_TAIL(&d->home->unsent, d, unsent_link);
	return -1;
}

void
domains_room(struct domains *ds)
{
	struct domain *d;

	while ((d = TAILQ_FIRST(&ds->unsent)) != NULL)
		if (question_put(d) == -1)
			return;
}

static void
ask(struct domain *d, const struct delivery *w)
{
	struct domains *ds = d->home;

	if (d->ask != 0)
		return;
	if (d->known)
		TAILQ_REMOVE(&ds->known, d, link);
	d->known = false;
	schedule_clear(&ds->q->schedule, &d->due);
	d->ask = ++ds->last_ask;
	d->conf = ds->conf;
	d->coming_n = 0;
	d->coming_arena = arena_new(64 * 1024);
	d->coming = arena_alloc(d->coming_arena, sizeof(*d->coming) * DELIVER_HOSTS_MAX);
	table_put(&ds->asks, &d->by_ask, d->ask);
	d->tenant = span_hash(w->message->envelope->tenant);
	(void)question_put(d);
}

static void
wait_for(struct domain *d, struct delivery *w)
{
	w->asking = d;
	TAILQ_INSERT_TAIL(&d->waiting, w, waiting);
}

void
domain_unwait(struct delivery *w)
{
	must(w->asking != NULL);
	TAILQ_REMOVE(&w->asking->waiting, w, waiting);
	w->asking = NULL;
}

static struct domain *
asked_for(const struct domains *ds, uint64_t number)
{
	return TABLE_OF(table_first(&ds->asks, number), struct domain, by_ask);
}

/* Ranks count the preferences that differ: sets that differ in nothing but these figures are one. */
void
domains_host(struct domains *ds, const struct resolve_host *h)
{
	struct domain *d = asked_for(ds, h->ask);
	struct host *host, *before;

	if (d == NULL || d->coming_n == DELIVER_HOSTS_MAX || arena_over(d->coming_arena))
		return;
	before = d->coming_n == 0 ? NULL : &d->coming[d->coming_n - 1];
	host = &d->coming[d->coming_n++];
	*host = (struct host){ arena_span(d->coming_arena, h->name),
		arena_span(d->coming_arena, h->address), SMTP_PORT, 0 };
	if (before != NULL)
		host->rank = before->rank + (h->preference != d->coming_preference);
	d->coming_preference = h->preference;
}

/* The deliveries that waited go on, some a turn. */
static void
go_on_with(struct domain *d)
{
	struct domains *ds = d->home;
	struct delivery *w;

	d->in_hand = true;
	for (unsigned i = 0; i < ROUTED_A_TURN && (w = TAILQ_FIRST(&d->waiting)) != NULL; i++) {
		domain_unwait(w);
		course_routed(ds->q, w);
	}
	d->in_hand = false;
	if (TAILQ_EMPTY(&d->waiting) || d->ask != 0 || d->settling)
		return;
	d->settling = true;
	TAILQ_INSERT_TAIL(&ds->settling, d, settling_link);
	schedule_set(&ds->q->schedule, &ds->go_on, loop_now_ms());
}

static void
on_go_on(void *ctx, struct due *due)
{
	struct domains *ds = ctx;
	struct domain *last = TAILQ_LAST(&ds->settling, domain_list), *d;

	(void)due;
	while ((d = TAILQ_FIRST(&ds->settling)) != NULL) {
		TAILQ_REMOVE(&ds->settling, d, settling_link);
		d->settling = false;
		go_on_with(d);
		if (d == last)
			return;
	}
}

/* ---- the answer ---- */

static void
found_hosts(struct domain *d, struct span site)
{
	static const struct host_terms terms = { .tls = TLS_OPPORTUNISTIC };
	struct domains *ds = d->home;
	struct host_set *hosts = host_set_get(&ds->sets, &terms, d->coming, d->coming_n);

	point(d,
	    d->kind == RESOLVE_HOST_OF_ROUTE
		? NULL
		: site_get(ds->q->sites, site.n > 0 ? site : d->name, false, d->name, hosts),
	    hosts);
	host_set_drop(&ds->sets, hosts);
}

void
domains_answer(struct domains *ds, const struct resolve_answer *a)
{
	struct domain *d = asked_for(ds, a->ask);
	enum resolve_status status = a->status;

	if (d == NULL)
		return;
	if (status == RESOLVE_OK && d->coming_n == 0)
		status = RESOLVE_NO_HOST;
	if (status == RESOLVE_OK)
		found_hosts(d, a->site);
	else
		point(d, NULL, NULL);
	table_remove(&ds->asks, &d->by_ask);
	sent(d);
	d->ask = 0;
	arena_free(d->coming_arena);
	d->coming_arena = NULL;
	d->failures = status == RESOLVE_LATER ? d->failures + 1 : 0;
	lost(d, d->kind == RESOLVE_HOST_OF_ROUTE && status != RESOLVE_OK);
	known_for(d, status, status == RESOLVE_LATER ? failed_s(d->failures) : ttl_within(a->ttl_s),
	    a->text);
	go_on_with(d);
}

void
domains_ask_again(struct domains *ds)
{
	for (struct table_node *n = table_each(&ds->asks, NULL); n != NULL;
	     n = table_each(&ds->asks, n)) {
		struct domain *d = TABLE_OF(n, struct domain, by_ask);

		d->coming_n = 0;
		(void)question_put(d);
	}
}

/* ---- routes ---- */

/* What a route's hosts come to: those that are known, or the name that is still asked for. */
struct route_hosts {
	struct host hosts[DELIVER_HOSTS_MAX];
	uint32_t n;
	uint64_t until_ms;
	struct domain *asked;
	const struct domain *failed;
};

static void
route_host_add(struct route_hosts *all, const struct route_host *h, uint16_t rank,
    const struct host_set *found)
{
	if (found == NULL && all->n < DELIVER_HOSTS_MAX)
		all->hosts[all->n++] = (struct host){ h->name, h->address, h->port, rank };
	for (uint32_t i = 0; found != NULL && i < found->hosts_n; i++)
		if (all->n < DELIVER_HOSTS_MAX)
			all->hosts[all->n++] =
			    (struct host){ h->name, found->hosts[i].address, h->port, rank };
}

static void
route_name_add(struct domains *ds, struct delivery *w, struct route_hosts *all,
    const struct route_host *h, uint16_t rank)
{
	struct domain *d = find_or_make(ds, RESOLVE_HOST_OF_ROUTE, h->name);

	if (!is_fresh(d)) {
		ask(d, w);
		all->asked = d;
		return;
	}
	if (d->until_ms < all->until_ms)
		all->until_ms = d->until_ms;
	if (d->status == RESOLVE_OK)
		route_host_add(all, h, rank, d->hosts);
	else
		all->failed = d;
}

/* A smarthost that cannot be found is our own trouble: the mail waits, whatever the DNS says of its name. */
static void
route_failed(struct domain *d, const struct route *r, const struct domain *host)
{
	struct buf why;

	buf_init(&why, 400);
	buf_printf(&why, "the host %.*s of route %.*s cannot be found: %s", SPAN(host->name),
	    SPAN(r->pattern), host->why != NULL ? host->why : "the DNS says no more");
	point(d, NULL, NULL);
	d->conf = d->home->conf;
	known_for(d, RESOLVE_LATER, FAILED_FIRST_S, buf_all(&why));
	buf_free(&why);
}

/* NULL: it is known now; else the name whose answer must come first. */
static struct domain *
look_at_route(struct domain *d, struct delivery *w, const struct route *r)
{
	struct domains *ds = d->home;
	struct host_terms terms = { r->tls, r->implicit_tls, r->login, r->password };
	struct route_hosts all = { .until_ms = loop_now_ms() + (uint64_t)ROUTE_S * 1000 };
	struct host_set *hosts;

	for (uint32_t i = 0; i < r->hosts_n; i++)
		if (r->hosts[i].address.n > 0)
			route_host_add(&all, &r->hosts[i], (uint16_t)i, NULL);
		else
			route_name_add(ds, w, &all, &r->hosts[i], (uint16_t)i);
	if (all.asked != NULL)
		return all.asked;
	if (all.n == 0) {
		route_failed(d, r, all.failed);
		return NULL;
	}
	hosts = host_set_get(&ds->sets, &terms, all.hosts, all.n);
	point(d, site_get(ds->q->sites, r->pattern, true, d->name, hosts), hosts);
	host_set_drop(&ds->sets, hosts);
	d->conf = ds->conf;
	known_for(
	    d, RESOLVE_OK, (uint32_t)((all.until_ms - loop_now_ms()) / 1000 + 1), span_of(NULL, 0));
	return NULL;
}

/* ---- a delivery asks ---- */

/* What the MX said holds on after a reload; only the limits may be others. */
static void
look_again(struct domain *d)
{
	struct domains *ds = d->home;

	if (d->site != NULL)
		point(d, site_get(ds->q->sites, d->site->name, false, d->name, d->hosts), d->hosts);
	d->conf = ds->conf;
}

/* An operator who wants a try now wants the DNS asked now, too. */
static bool
is_good_for(const struct domain *d, const struct delivery *w)
{
	if (!is_fresh(d))
		return false;
	return d->status == RESOLVE_OK || !w->immediate || w->state == DELIVERY_ROUTING;
}

static enum domain_found
answer_of(const struct domain *d, struct domain_answer *a)
{
	*a = (struct domain_answer){ d->site, d->hosts, d->status,
		d->why == NULL ? span_of(NULL, 0) : span_str(d->why) };
	return d->status == RESOLVE_OK ? DOMAIN_FOUND : DOMAIN_FAILED;
}

/* NULL: it is known. */
static struct domain *
look(struct domain *d, struct delivery *w)
{
	const struct route *r;

	if (d->ask != 0)
		return d;
	if (d->conf == d->home->conf && is_good_for(d, w))
		return NULL;
	r = routes_find(&d->home->q->conf->routes, d->name);
	if (r != NULL)
		return look_at_route(d, w, r);
	if (is_good_for(d, w) && (d->site == NULL || !d->site->by_route)) {
		look_again(d);
		return NULL;
	}
	ask(d, w);
	return d;
}

enum domain_found
domain_of(struct domains *ds, struct delivery *w, struct domain_answer *a)
{
	struct span name = delivery_domain(w);
	struct domain *d, *asked;

	make_room(ds);
	if (name.n == 0 && routes_find(&ds->q->conf->routes, name) == NULL) {
		*a = (struct domain_answer){ .status = RESOLVE_NO_DOMAIN,
			.text = SPAN_LIT("the address has no domain, and no route takes it") };
		return DOMAIN_FAILED;
	}
	d = find_or_make(ds, RESOLVE_MAIL_DOMAIN, name);
	asked = look(d, w);
	if (asked == NULL)
		return answer_of(d, a);
	wait_for(asked, w);
	return DOMAIN_ASKED;
}

/* ---- life ---- */

void
domains_conf(struct domains *ds)
{
	ds->conf++;
}

struct domains *
domains_new(struct queued *q)
{
	struct domains *ds = calloc(1, sizeof(*ds));

	if (ds == NULL)
		fatal("out of memory for domains");
	ds->q = q;
	ds->go_on = (struct due){ .fire = on_go_on, .ctx = ds };
	TAILQ_INIT(&ds->known);
	TAILQ_INIT(&ds->unsent);
	TAILQ_INIT(&ds->lost);
	TAILQ_INIT(&ds->settling);
	return ds;
}
