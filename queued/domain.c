/* domain.h: questions to resolve and their answers, and routes; what is kept of them is domain_kept.c's. */
#include "course.h"
#include "domain_kept.h"
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
	ROUTED_A_TURN =
	    1000, /* deliveries of one domain that go on; the loop has others to serve */
};

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
sent(struct domains *ds, struct domain_asked *a)
{
	if (a->unsent)
		TAILQ_REMOVE(&ds->unsent, a, unsent_link);
	a->unsent = false;
}

/* -1: resolve takes no more now, and it waits for that. */
static int
question_put(struct domains *ds, struct domain_asked *a)
{
	struct domain *d = a->domain;
	struct resolve_ask r = { .ask = a->ask,
		.kind = d->kind,
		.again = d->failures > 0,
		.tenant = a->tenant,
		.domain = domain_name(d) };

	sent(ds, a);
	if (peer_resolve_ask(ds->q->resolve, &r) == 0)
		return 0;
	a->unsent = true;
	TAILQ_INSERT_TAIL(&ds->unsent, a, unsent_link);
	return -1;
}

void
domains_room(struct domains *ds)
{
	struct domain_asked *a;

	while ((a = TAILQ_FIRST(&ds->unsent)) != NULL)
		if (question_put(ds, a) == -1)
			return;
}

static bool
is_asked(const struct domain *d)
{
	return d->asked != NULL && d->asked->ask != 0;
}

static void
ask(struct domains *ds, struct domain *d, const struct delivery *w)
{
	struct domain_asked *a = domain_ask_begins(ds, d);

	if (a->ask != 0)
		return;
	a->ask = ++ds->last_ask;
	d->conf = ds->conf;
	d->until_ms = 0;
	a->coming_n = 0;
	a->arena = arena_new(64 * 1024);
	a->coming = arena_alloc(a->arena, sizeof(*a->coming) * DELIVER_HOSTS_MAX);
	a->tenant = span_hash(w->message->envelope->tenant);
	table_put(&ds->asks, &a->by_ask, a->ask);
	(void)question_put(ds, a);
}

static void
wait_for(struct domain *d, struct delivery *w)
{
	w->asking = d;
	TAILQ_INSERT_TAIL(&d->asked->waiting, w, waiting);
}

/* Its domain stays with what is asked about: the answer, or the turn that goes on, looks whether it can rest. */
void
domain_unwait(struct delivery *w)
{
	must(w->asking != NULL && w->asking->asked != NULL);
	TAILQ_REMOVE(&w->asking->asked->waiting, w, waiting);
	w->asking = NULL;
}

static struct domain_asked *
asked_for(const struct domains *ds, uint64_t number)
{
	return TABLE_OF(table_first(&ds->asks, number), struct domain_asked, by_ask);
}

/* Ranks count the preferences that differ: sets that differ in nothing but these figures are one. */
void
domains_host(struct domains *ds, const struct resolve_host *h)
{
	struct domain_asked *a = asked_for(ds, h->ask);
	struct host *host, *before;

	if (a == NULL || a->coming_n == DELIVER_HOSTS_MAX || arena_over(a->arena))
		return;
	before = a->coming_n == 0 ? NULL : &a->coming[a->coming_n - 1];
	host = &a->coming[a->coming_n++];
	*host = (struct host){ arena_span(a->arena, h->name), arena_span(a->arena, h->address),
		SMTP_PORT, 0 };
	if (before != NULL)
		host->rank = before->rank + (h->preference != a->coming_preference);
	a->coming_preference = h->preference;
}

/* The deliveries that waited go on, some a turn. */
static void
go_on_with(struct domains *ds, struct domain *d)
{
	struct domain_asked *a = d->asked;
	struct delivery *w;

	a->in_hand = true;
	for (unsigned i = 0; i < ROUTED_A_TURN && (w = TAILQ_FIRST(&a->waiting)) != NULL; i++) {
		domain_unwait(w);
		course_routed(ds->q, w);
	}
	a->in_hand = false;
	if (!TAILQ_EMPTY(&a->waiting) && a->ask == 0 && !a->settling) {
		a->settling = true;
		TAILQ_INSERT_TAIL(&ds->settling, a, settling_link);
		schedule_set(&ds->q->schedule, &ds->go_on, loop_now_ms());
	}
	domain_ask_ends(ds, d);
}

static void
on_go_on(void *ctx, struct due *due)
{
	struct domains *ds = ctx;
	struct domain_asked *last = TAILQ_LAST(&ds->settling, domain_asked_list), *a;

	(void)due;
	while ((a = TAILQ_FIRST(&ds->settling)) != NULL) {
		bool was_last = a == last;

		TAILQ_REMOVE(&ds->settling, a, settling_link);
		a->settling = false;
		go_on_with(ds, a->domain);
		if (was_last)
			return;
	}
}

/* ---- the answer ---- */

static void
found_hosts(struct domains *ds, struct domain *d, struct span site)
{
	static const struct host_terms terms = { .tls = TLS_OPPORTUNISTIC };
	struct domain_asked *a = d->asked;
	struct host_set *hosts = host_set_get(&ds->sets, &terms, a->coming, a->coming_n);

	domain_point(ds, d,
	    d->kind == RESOLVE_HOST_OF_ROUTE
		? NULL
		: site_get(ds->q->sites, site.n > 0 ? site : domain_name(d), false, domain_name(d),
		      hosts),
	    hosts);
	host_set_drop(&ds->sets, hosts);
}

static void
asked_no_more(struct domains *ds, struct domain_asked *a)
{
	table_remove(&ds->asks, &a->by_ask);
	sent(ds, a);
	a->ask = 0;
	arena_free(a->arena);
	a->arena = NULL;
	a->coming = NULL;
	a->coming_n = 0;
}

void
domains_answer(struct domains *ds, const struct resolve_answer *r)
{
	struct domain_asked *a = asked_for(ds, r->ask);
	enum resolve_status status = r->status;
	struct domain *d;

	if (a == NULL)
		return;
	d = a->domain;
	if (status == RESOLVE_OK && a->coming_n == 0)
		status = RESOLVE_NO_HOST;
	if (status == RESOLVE_OK)
		found_hosts(ds, d, r->site);
	else
		domain_point(ds, d, NULL, NULL);
	asked_no_more(ds, a);
	if (status != RESOLVE_LATER)
		d->failures = 0;
	else if (d->failures < UINT16_MAX)
		d->failures++;
	domain_known_for(ds, d, status,
	    status == RESOLVE_LATER ? failed_s(d->failures) : ttl_within(r->ttl_s), r->text);
	go_on_with(ds, d);
}

void
domains_ask_again(struct domains *ds)
{
	for (struct table_node *n = table_each(&ds->asks, NULL); n != NULL;
	     n = table_each(&ds->asks, n)) {
		struct domain_asked *a = TABLE_OF(n, struct domain_asked, by_ask);

		a->coming_n = 0;
		(void)question_put(ds, a);
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
	struct domain *d = domain_find_or_make(ds, RESOLVE_HOST_OF_ROUTE, h->name);

	if (!domain_is_fresh(d)) {
		ask(ds, d, w);
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
route_failed(struct domains *ds, struct domain *d, const struct route *r, const struct domain *host)
{
	struct span said = domain_why(host);
	struct buf why;

	buf_init(&why, 400);
	if (said.n == 0)
		said = SPAN_LIT("the DNS says no more");
	buf_printf(&why, "the host %.*s of route %.*s cannot be found: %.*s",
	    SPAN(domain_name(host)), SPAN(r->pattern), SPAN(said));
	domain_point(ds, d, NULL, NULL);
	d->conf = ds->conf;
	domain_known_for(ds, d, RESOLVE_LATER, FAILED_FIRST_S, buf_all(&why));
	buf_free(&why);
}

/* NULL: it is known now; else the name whose answer must come first. */
static struct domain *
look_at_route(struct domains *ds, struct domain *d, struct delivery *w, const struct route *r)
{
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
		must(all.failed !=
		     NULL); /* a route has hosts: each is added, asked about, or failed */
		route_failed(ds, d, r, all.failed);
		return NULL;
	}
	hosts = host_set_get(&ds->sets, &terms, all.hosts, all.n);
	domain_point(ds, d, site_get(ds->q->sites, r->pattern, true, domain_name(d), hosts), hosts);
	host_set_drop(&ds->sets, hosts);
	d->conf = ds->conf;
	domain_known_for(ds, d, RESOLVE_OK, (uint32_t)((all.until_ms - loop_now_ms()) / 1000 + 1),
	    span_of(NULL, 0));
	return NULL;
}

/* ---- a delivery asks ---- */

/* What the MX said holds on after a reload; only the limits may be others. */
static void
look_again(struct domains *ds, struct domain *d)
{
	if (d->site != NULL)
		domain_point(ds, d,
		    site_get(ds->q->sites, d->site->name, false, domain_name(d), d->hosts),
		    d->hosts);
	d->conf = ds->conf;
}

/* An operator who wants a try now wants the DNS asked now, too. */
static bool
is_good_for(const struct domain *d, const struct delivery *w)
{
	if (!domain_is_fresh(d))
		return false;
	return d->status == RESOLVE_OK || !w->immediate || w->state == DELIVERY_ROUTING;
}

static enum domain_found
answer_of(const struct domain *d, struct domain_answer *a)
{
	*a = (struct domain_answer){ d->site, d->hosts, d->status, domain_why(d) };
	return d->status == RESOLVE_OK ? DOMAIN_FOUND : DOMAIN_FAILED;
}

/* NULL: it is known. */
static struct domain *
look(struct domains *ds, struct domain *d, struct delivery *w)
{
	const struct route *r;

	if (is_asked(d))
		return d;
	if (d->conf == ds->conf && is_good_for(d, w))
		return NULL;
	r = routes_find(&ds->q->conf->routes, domain_name(d));
	if (r != NULL)
		return look_at_route(ds, d, w, r);
	if (is_good_for(d, w) && (d->site == NULL || !d->site->by_route)) {
		look_again(ds, d);
		return NULL;
	}
	ask(ds, d, w);
	return d;
}

enum domain_found
domain_of(struct domains *ds, struct delivery *w, struct domain_answer *a)
{
	struct span name = delivery_domain(w);
	struct domain *d, *asked;

	domains_make_room(ds);
	if (name.n == 0 && routes_find(&ds->q->conf->routes, name) == NULL) {
		*a = (struct domain_answer){ .status = RESOLVE_NO_DOMAIN,
			.text = SPAN_LIT("the address has no domain, and no route takes it") };
		return DOMAIN_FAILED;
	}
	d = domain_find_or_make(ds, RESOLVE_MAIL_DOMAIN, name);
	asked = look(ds, d, w);
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
	TAILQ_INIT(&ds->resting);
	TAILQ_INIT(&ds->unsent);
	TAILQ_INIT(&ds->lost);
	TAILQ_INIT(&ds->settling);
	domains_tick(ds);
	return ds;
}
