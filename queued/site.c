#include "site.h"
#include "course.h"
#include "err.h"
#include "loop.h"
#include "peer_resolve.h"
#include "queued.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TTL_LEAST_S = 30,
	TTL_MOST_S = 86400,
	TTL_FAILED_S = 60,
	HOSTS_MAX = DELIVER_HOSTS_MAX,
	DOMAINS_MAX = 200000, /* answers kept; past it the oldest go with the sweep */
	SWEEP_MS = 60 * 1000,
};

/* What resolve said of a domain, or that it is asked. */
struct domain {
	struct table_node by_name, by_ask;
	struct span name;
	uint64_t ask; /* 0: no question is out */
	bool known;
	enum resolve_status status;
	uint64_t until_ms;
	struct site *site; /* RESOLVE_OK */
	struct deliveries waiting;
	struct arena *asked; /* hosts as they come in, until the answer */
	struct site_host hosts[HOSTS_MAX];
	uint32_t hosts_n;
	char why[160];
	char text[];
};

struct sites {
	struct queued *q;
	struct table sites, domains, asks;
	uint64_t last_ask;
	struct due sweep;
};

/* ---- sites ---- */

static struct site *
site_find(const struct sites *ss, struct span name, const struct route *r)
{
	for (struct table_node *n = table_first(&ss->sites, span_hash(name)); n != NULL;
	     n = table_next(n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);

		if (s->route == r && span_eq(s->name, name))
			return s;
	}
	return NULL;
}

static struct site *
site_make(struct sites *ss, struct span name, const struct route *r)
{
	struct site *s = calloc(1, sizeof(*s) + name.n + 1);

	if (s == NULL)
		fatal("out of memory for a site");
	memcpy(s->text, name.p, name.n);
	s->name = span_of(s->text, name.n);
	s->route = r;
	table_put(&ss->sites, &s->by_name, span_hash(name));
	return s;
}

/* Hosts are replaced by each newer answer; sessions that stand keep theirs. */
static void
hosts_set(
    struct sites *ss, struct site *s, const struct site_host *hosts, uint32_t n, struct span domain)
{
	struct span mx[HOSTS_MAX];
	const struct queued_conf *c = ss->q->conf;
	struct arena *a = arena_new(0);

	s->hosts = arena_alloc(a, sizeof(*s->hosts) * n);
	s->hosts_n = n;
	for (uint32_t i = 0; i < n; i++) {
		s->hosts[i].name = mx[i] = arena_span(a, hosts[i].name);
		s->hosts[i].address = arena_span(a, hosts[i].address);
		s->hosts[i].port = hosts[i].port;
	}
	arena_free(s->arena);
	s->arena = a;
	s->limits = limits_find(c->rules, c->rules_n, s->name, domain, mx, n);
}

static void
site_free(struct sites *ss, struct site *s)
{
	table_remove(&ss->sites, &s->by_name);
	arena_free(s->arena);
	free(s);
}

/* ---- domains ---- */

static struct domain *
domain_of(struct sites *ss, struct span name)
{
	uint64_t hash = span_hash_nocase(name);
	struct domain *d;

	for (struct table_node *n = table_first(&ss->domains, hash); n != NULL; n = table_next(n)) {
		d = TABLE_OF(n, struct domain, by_name);
		if (span_eq_nocase(d->name, name))
			return d;
	}
	d = calloc(1, sizeof(*d) + name.n + 1);
	if (d == NULL)
		fatal("out of memory for a domain");
	if (name.n > 0)
		memcpy(d->text, name.p, name.n);
	d->name = span_of(d->text, name.n);
	TAILQ_INIT(&d->waiting);
	table_put(&ss->domains, &d->by_name, hash);
	return d;
}

static void
domain_point(struct domain *d, struct site *s)
{
	if (d->site != NULL)
		d->site->domains--;
	d->site = s;
	if (s != NULL)
		s->domains++;
}

static void
domain_ask(struct sites *ss, struct domain *d)
{
	d->ask = ++ss->last_ask;
	d->hosts_n = 0;
	arena_free(d->asked);
	d->asked = arena_new(64 * 1024);
	table_put(&ss->asks, &d->by_ask, d->ask);
	peer_resolve_ask(ss->q->resolve, d->ask, d->name);
}

static struct domain *
asked_for(const struct sites *ss, uint64_t ask)
{
	return TABLE_OF(table_first(&ss->asks, ask), struct domain, by_ask);
}

static void
domain_settle(struct sites *ss, struct domain *d, uint32_t ttl_s)
{
	struct deliveries waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct delivery *w;

	table_remove(&ss->asks, &d->by_ask);
	d->ask = 0;
	arena_free(d->asked);
	d->asked = NULL;
	d->known = true;
	d->until_ms = loop_now_ms() + (uint64_t)ttl_s * 1000;
	TAILQ_CONCAT(&waiting, &d->waiting, waiting);
	while ((w = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, w, waiting);
		course_routed(ss->q, w);
	}
}

void
sites_host(struct sites *ss, const struct resolve_host *h)
{
	struct domain *d = asked_for(ss, h->ask);

	if (d == NULL || d->hosts_n == HOSTS_MAX || arena_over(d->asked))
		return;
	d->hosts[d->hosts_n++] = (struct site_host){ arena_span(d->asked, h->name),
		arena_span(d->asked, h->address), 25 };
}

static uint32_t
ttl_within(uint32_t ttl_s, enum resolve_status status)
{
	if (status == RESOLVE_LATER)
		return TTL_FAILED_S;
	return ttl_s < TTL_LEAST_S ? TTL_LEAST_S : ttl_s > TTL_MOST_S ? TTL_MOST_S : ttl_s;
}

void
sites_answer(struct sites *ss, const struct resolve_answer *a)
{
	struct domain *d = asked_for(ss, a->ask);
	struct span name = a->site;

	if (d == NULL)
		return;
	d->status = a->status == RESOLVE_OK && d->hosts_n == 0 ? RESOLVE_NO_HOST : a->status;
	snprintf(d->why, sizeof(d->why), "%.*s", SPAN(a->text));
	domain_point(d, NULL);
	if (d->status == RESOLVE_OK) {
		struct site *s;

		if (name.n == 0)
			name = d->name;
		s = site_find(ss, name, NULL);
		if (s == NULL)
			s = site_make(ss, name, NULL);
		hosts_set(ss, s, d->hosts, d->hosts_n, d->name);
		domain_point(d, s);
	}
	domain_settle(ss, d, ttl_within(a->ttl_s, d->status));
}

void
sites_ask_again(struct sites *ss)
{
	for (struct table_node *n = table_each(&ss->asks, NULL); n != NULL;
	     n = table_each(&ss->asks, n)) {
		struct domain *d = TABLE_OF(n, struct domain, by_ask);

		d->hosts_n = 0;
		arena_reset(d->asked);
		peer_resolve_ask(ss->q->resolve, d->ask, d->name);
	}
}

/* ---- a delivery asks ---- */

static struct site *
route_site(struct sites *ss, const struct route *r, struct span domain)
{
	struct site_host hosts[HOSTS_MAX];
	struct site *s = site_find(ss, r->pattern, r);

	if (s != NULL)
		return s;
	s = site_make(ss, r->pattern, r);
	for (uint32_t i = 0; i < r->hosts_n; i++)
		hosts[i] =
		    (struct site_host){ r->hosts[i].name, r->hosts[i].address, r->hosts[i].port };
	hosts_set(ss, s, hosts, r->hosts_n, domain);
	return s;
}

/* The first host of a route that is a name and not an address, and so must be asked for. */
static const struct route_host *
named_host(const struct route *r)
{
	for (uint32_t i = 0; i < r->hosts_n; i++)
		if (r->hosts[i].address.n == 0)
			return &r->hosts[i];
	return NULL;
}

static enum site_found
by_name(struct sites *ss, struct delivery *w, struct span name, struct site_answer *a)
{
	struct domain *d = domain_of(ss, name);

	if (!d->known || (d->until_ms <= loop_now_ms() && w->state != DELIVERY_ROUTING)) {
		if (d->ask == 0)
			domain_ask(ss, d);
		TAILQ_INSERT_TAIL(&d->waiting, w, waiting);
		return SITE_ASKED;
	}
	a->status = d->status;
	a->text = span_str(d->why);
	a->site = d->site;
	return d->status == RESOLVE_OK ? SITE_FOUND : SITE_FAILED;
}

/* A route to a host name: its addresses are what resolve says, its port the route's. */
static enum site_found
by_route(struct sites *ss, struct delivery *w, const struct route *r, struct span domain,
    struct site_answer *a)
{
	const struct route_host *h = named_host(r);
	struct site_host hosts[HOSTS_MAX];
	enum site_found found;
	struct site *s;

	if (h == NULL) {
		a->site = route_site(ss, r, domain);
		return SITE_FOUND;
	}
	found = by_name(ss, w, h->name, a);
	if (found != SITE_FOUND)
		return found;
	for (uint32_t i = 0; i < a->site->hosts_n; i++) {
		hosts[i] = a->site->hosts[i];
		hosts[i].name = h->name;
		hosts[i].port = h->port;
	}
	s = site_find(ss, r->pattern, r);
	if (s == NULL)
		s = site_make(ss, r->pattern, r);
	hosts_set(ss, s, hosts, a->site->hosts_n, domain);
	a->site = s;
	return SITE_FOUND;
}

enum site_found
site_of(struct sites *ss, struct delivery *w, struct site_answer *a)
{
	struct span domain = delivery_domain(w);
	const struct route *r = routes_find(&ss->q->conf->routes, domain);

	*a = (struct site_answer){ 0 };
	if (r != NULL)
		return by_route(ss, w, r, domain, a);
	if (domain.n == 0) {
		a->status = RESOLVE_NO_DOMAIN;
		a->text = SPAN_LIT("the address has no domain, and no route takes it");
		return SITE_FAILED;
	}
	return by_name(ss, w, domain, a);
}

void
site_unwait(struct sites *ss, struct delivery *w)
{
	for (struct table_node *n = table_each(&ss->asks, NULL); n != NULL;
	     n = table_each(&ss->asks, n)) {
		struct domain *d = TABLE_OF(n, struct domain, by_ask);
		struct delivery *each;

		TAILQ_FOREACH (each, &d->waiting, waiting)
			if (each == w) {
				TAILQ_REMOVE(&d->waiting, w, waiting);
				return;
			}
	}
}

/* ---- time, configuration ---- */

static void
domain_free(struct sites *ss, struct domain *d)
{
	domain_point(d, NULL);
	table_remove(&ss->domains, &d->by_name);
	free(d);
}

static void
on_sweep(void *ctx, struct due *due)
{
	struct sites *ss = ctx;
	struct table_node *n = table_each(&ss->domains, NULL), *next;

	for (; n != NULL; n = next) {
		struct domain *d = TABLE_OF(n, struct domain, by_name);

		next = table_each(&ss->domains, n);
		if (d->ask == 0 && (d->until_ms < loop_now_ms() || ss->domains.n > DOMAINS_MAX))
			domain_free(ss, d);
	}
	for (n = table_each(&ss->sites, NULL); n != NULL; n = next) {
		struct site *s = TABLE_OF(n, struct site, by_name);

		next = table_each(&ss->sites, n);
		if (s->domains == 0 && s->lanes == 0)
			site_free(ss, s);
	}
	schedule_set(&ss->q->schedule, due, loop_now_ms() + SWEEP_MS);
}

struct sites *
sites_new(struct queued *q)
{
	struct sites *ss = calloc(1, sizeof(*ss));

	if (ss == NULL)
		fatal("out of memory for sites");
	ss->q = q;
	ss->sweep = (struct due){ .fire = on_sweep, .ctx = ss };
	schedule_set(&q->schedule, &ss->sweep, loop_now_ms() + SWEEP_MS);
	return ss;
}

static const struct route *
same_route(const struct queued_conf *c, struct span pattern)
{
	const struct route *r = routes_find(&c->routes, pattern);

	return r != NULL && span_eq_nocase(r->pattern, pattern) ? r : NULL;
}

/* A site whose route is gone keeps no route: its lane runs dry, new mail finds its way anew. */
void
sites_conf(struct sites *ss)
{
	for (struct table_node *n = table_each(&ss->sites, NULL); n != NULL;
	     n = table_each(&ss->sites, n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);
		struct site_host hosts[HOSTS_MAX];
		uint32_t count = s->hosts_n;

		memcpy(hosts, s->hosts, sizeof(*hosts) * count);
		if (s->route != NULL) {
			s->route = same_route(ss->q->conf, s->name);
			for (count = 0; s->route != NULL && count < s->route->hosts_n; count++)
				hosts[count] = (struct site_host){ s->route->hosts[count].name,
					s->route->hosts[count].address,
					s->route->hosts[count].port };
		}
		if (s->route != NULL || count > 0)
			hosts_set(ss, s, hosts, count, s->name);
	}
}

size_t
sites_domains(const struct sites *ss)
{
	return ss->domains.n;
}
