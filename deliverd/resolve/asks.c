#include "asks.h"
#include "log.h"
#include "loop.h"
#include "places.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <string.h>

enum {
	PLACES = 256, /* asks with questions out; more wait their turn */
	LINGERING_MOST =
	    1024, /* given up, while libunbound still tries: each may hold a socket (dns.c, outgoing-range) */
	TTL_LEAST_S = 30,
	TTL_MOST_S = 24 * 3600,
	TTL_NEGATIVE_S = 60,
	TTL_HALF_S =
	    60, /* some host's addresses could not be had: what is left serves until they can */
	ADDRESSES_MAX = 32, /* DELIVER_HOSTS_MAX */
	DOMAIN_MAX = 255,
};

struct host {
	struct mx mx;
	unsigned four_n, six_n;
	struct ip four[4], six[4];
	bool secure;
};

/* As it waits for its turn. */
struct question {
	struct place place;
	uint64_t number;
	enum resolve_kind kind;
	unsigned generation; /* of the queued that asked: another one is not answered */
	struct span domain;
	char text[];
};

struct ask {
	struct asks *house;
	struct question *of;
	struct arena *arena;
	struct timer *timer;
	unsigned pending; /* questions out: freed when the last one is answered */
	bool answered, refused, failed;
	bool secure; /* the MX answer */
	uint32_t ttl_s;
	struct span site, text;
	unsigned hosts_n;
	struct host hosts[MX_HOSTS_MAX];
};

struct asks {
	const struct resolver_conf *conf;
	struct dns *dns;
	const struct suffixes *suffixes;
	struct chan *to;     /* NULL: queued is away */
	unsigned generation; /* counts those that were */
	struct places places;
	bool starting; /* inside asks_next() */
};

static void asks_next(struct asks *);

struct asks *
asks_new(const struct resolver_conf *conf, struct dns *dns, const struct suffixes *suffixes)
{
	struct asks *as = calloc(1, sizeof(*as));

	if (as == NULL)
		fatal("out of memory for asks");
	as->conf = conf;
	as->dns = dns;
	as->suffixes = suffixes;
	places_init(&as->places, PLACES, LINGERING_MOST);
	return as;
}

static void
on_room(void *ctx)
{
	asks_next(ctx);
}

void
asks_to(struct asks *as, struct chan *to)
{
	as->to = to;
	as->generation++;
	chan_on_room(to, on_room);
}

void
asks_left(struct asks *as, const struct chan *c)
{
	if (as->to == c)
		as->to = NULL;
}

/* ---- the answer ---- */

static void
say_host(const struct ask *a, const struct host *h, const struct ip *address)
{
	char text[IP_TEXT];
	struct resolve_host r = { .ask = a->of->number,
		.preference = h->mx.preference,
		.name = h->mx.name,
		.dnssec = a->secure && h->secure };

	ip_text(address, text);
	r.address = span_str(text);
	resolve_host_put(a->house->to, &r);
}

/* Hosts in their order; of each the IPv4 addresses first, for many a host has no way to the other ones. */
static unsigned
say_hosts(const struct ask *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->hosts_n; i++) {
		const struct host *h = &a->hosts[i];

		for (unsigned k = 0; k < h->four_n && n < ADDRESSES_MAX; k++, n++)
			say_host(a, h, &h->four[k]);
		for (unsigned k = 0; k < h->six_n && n < ADDRESSES_MAX; k++, n++)
			say_host(a, h, &h->six[k]);
	}
	return n;
}

static uint32_t
ttl(const struct ask *a, enum resolve_status status)
{
	if (status != RESOLVE_OK)
		return TTL_NEGATIVE_S;
	if (a->ttl_s < TTL_LEAST_S)
		return TTL_LEAST_S;
	return a->ttl_s > TTL_MOST_S ? TTL_MOST_S : a->ttl_s;
}

static void
ask_free(struct ask *a)
{
	struct asks *as = a->house;

	timer_free(a->timer);
	arena_free(a->arena);
	places_leave(&as->places, &a->of->place);
	free(a->of);
	free(a);
	asks_next(as);
}

static void
answer(struct ask *a, enum resolve_status status, const char *text)
{
	struct resolve_answer r = { .ask = a->of->number,
		.status = status,
		.ttl_s = ttl(a, status),
		.site = a->site,
		.text = span_str(text) };

	a->answered = true;
	timer_clear(a->timer);
	if (a->house->to != NULL && a->of->generation == a->house->generation) {
		if (status == RESOLVE_OK)
			say_hosts(a);
		resolve_answer_put(a->house->to, &r);
	}
	log_debug("resolved", "domain=%.*s status=%u hosts=%u ttl=%u", SPAN(a->of->domain), status,
	    a->hosts_n, r.ttl_s);
}

static void conclude(struct ask *);

static void
on_timeout(void *ctx)
{
	struct ask *a = ctx;

	a->failed = true;
	a->text = SPAN_LIT("the name servers took too long");
	if (a->hosts_n > 0)
		conclude(a); /* those that are known by now serve until the others are */
	else
		answer(a, RESOLVE_LATER, a->text.p);
	places_linger(&a->house->places, &a->of->place);
	asks_next(a->house);
}

/* ---- addresses ---- */

static bool
any_address(const struct ask *a)
{
	for (unsigned i = 0; i < a->hosts_n; i++)
		if (a->hosts[i].four_n + a->hosts[i].six_n > 0)
			return true;
	return false;
}

static void
conclude(struct ask *a)
{
	if (a->failed && a->ttl_s > TTL_HALF_S)
		a->ttl_s = TTL_HALF_S;
	if (any_address(a))
		answer(a, RESOLVE_OK, "");
	else if (a->failed)
		answer(a, RESOLVE_LATER, a->text.p);
	else if (a->refused)
		answer(a, RESOLVE_REFUSED,
		    "its mail hosts have only loopback, private or null addresses");
	else
		answer(a, RESOLVE_NO_HOST, "its mail hosts have no address");
}

static void
address_add(struct ask *a, struct host *h, const struct ip *address)
{
	if (!resolver_allows(a->house->conf, address))
		a->refused = true;
	else if (address->family == AF_INET && h->four_n < 4)
		h->four[h->four_n++] = *address;
	else if (address->family == AF_INET6 && h->six_n < 4)
		h->six[h->six_n++] = *address;
}

static void
note(struct ask *a, const struct dns_answer *d)
{
	if (d->status == DNS_FAILED) {
		a->failed = true;
		a->text = arena_span(a->arena, span_str(d->text));
	}
	if (d->ttl_s < a->ttl_s)
		a->ttl_s = d->ttl_s;
}

struct host_question {
	struct ask *ask;
	unsigned host;
};

static void
on_address(void *ctx, enum dns_type type, const struct dns_answer *d)
{
	struct host_question *q = ctx;
	struct ask *a = q->ask;
	struct host *h = &a->hosts[q->host];

	(void)type;
	note(a, d);
	h->secure = d->secure;
	for (unsigned i = 0; i < d->addresses_n; i++)
		address_add(a, h, &d->addresses[i]);
	if (--a->pending > 0)
		return;
	if (!a->answered)
		conclude(a);
	ask_free(a);
}

/* The count is held up while questions go out, for an answer may come at once. */
static void
ask_addresses(struct ask *a)
{
	struct host_question *q = arena_alloc(a->arena, sizeof(*q) * MX_HOSTS_MAX);
	unsigned n = a->hosts_n;

	a->pending = 2 * n;
	for (unsigned i = 0; i < n; i++)
		q[i] = (struct host_question){ a, i };
	for (unsigned i = 0; i < n; i++) {
		struct span name = a->hosts[i].mx.name;

		dns_ask(a->house->dns, name, DNS_A, a->arena, on_address, &q[i]);
		dns_ask(a->house->dns, name, DNS_AAAA, a->arena, on_address, &q[i]);
	}
}

/* ---- MX ---- */

static void
hosts_take(struct ask *a, const struct mx_list *l)
{
	struct span names[MX_READ_MAX];
	struct buf site;

	buf_init(&site, 1024);
	for (unsigned i = 0; i < l->n; i++)
		names[i] = l->at[i].name;
	site_name(a->house->suffixes, names, l->n, &site);
	a->site = arena_span(a->arena, buf_all(&site));
	buf_free(&site);
	for (unsigned i = 0; i < l->n && i < MX_HOSTS_MAX; i++)
		a->hosts[a->hosts_n++].mx = l->at[i];
}

/* None of its MX records can be used, which is not the same as to have none: nothing else of it is tried. */
static void
answer_bad_mx(struct ask *a, const struct mx_list *l)
{
	char text[300];

	snprintf(text, sizeof(text), "the MX records of the domain name no host: %s%.*s%s",
	    l->bad.n > 0 ? "\"" : "", SPAN(span_first(l->bad, 200)),
	    l->bad.n > 0 ? "\" cannot be a host's name" : "they cannot be read");
	answer(a, RESOLVE_BAD_MX, text);
}

/* What the MX records say; true: there are hosts to look up. */
static bool
judge_mx(struct ask *a, struct mx_list *l)
{
	const struct resolver_conf *conf = a->house->conf;

	if (l->n == 0 &&
	    l->unusable == 0) { /* RFC 5321 5.1: the domain itself, with preference 0 */
		l->at[0] = (struct mx){ 0, a->of->domain };
		l->n = 1;
	} else if (mx_is_null(l)) {
		answer(a, RESOLVE_NULL_MX, "the domain takes no mail (null MX)");
		return false;
	}
	mx_order(l, arc4random_uniform);
	mx_tidy(l);
	if (mx_drop_own(l, conf->own, conf->own_n) && l->n == 0) {
		answer(a, RESOLVE_LOOP, "this relay is the domain's best mail host");
		return false;
	}
	if (l->n == 0 && l->unusable > 0) {
		answer_bad_mx(a, l);
		return false;
	}
	if (l->n == 0) {
		answer(a, RESOLVE_NO_HOST, "its MX records name no host");
		return false;
	}
	hosts_take(a, l);
	return true;
}

static void
on_mx(void *ctx, enum dns_type type, const struct dns_answer *d)
{
	struct ask *a = ctx;
	struct mx_list list = d->mx;

	(void)type;
	a->pending--;
	note(a, d);
	a->secure = d->secure;
	if (!a->answered && d->status == DNS_FAILED)
		answer(a, RESOLVE_LATER, d->text);
	else if (!a->answered && d->status == DNS_NONE)
		answer(a, RESOLVE_NO_DOMAIN, "the domain does not exist");
	else if (!a->answered && judge_mx(a, &list)) {
		ask_addresses(a);
		return;
	}
	ask_free(a);
}

/* ---- the beginning ---- */

static void
answer_literal(struct ask *a, const struct ip *address)
{
	char text[IP_TEXT];
	struct host *h = &a->hosts[0];

	ip_text(address, text);
	h->mx.name = arena_span(a->arena, span_str(text));
	a->site = h->mx.name;
	a->hosts_n = 1;
	address_add(a, h, address);
	conclude(a);
	ask_free(a);
}

static bool
is_domain(struct span d)
{
	if (d.n == 0 || d.n > DOMAIN_MAX || d.p[0] == '.')
		return false;
	for (size_t i = 0; i < d.n; i++)
		if (d.p[i] <= ' ' || d.p[i] == '\\' || d.p[i] == '[' ||
		    (unsigned char)d.p[i] >= 127)
			return false;
	return true;
}

static void
ask_start(struct asks *as, struct question *of)
{
	struct ask *a = calloc(1, sizeof(*a));
	struct ip literal;

	if (a == NULL)
		fatal("out of memory for an ask");
	*a = (struct ask){ .house = as, .of = of, .arena = arena_new(0), .ttl_s = UINT32_MAX };
	a->timer = timer_new(on_timeout, a);
	if (ip_literal(of->domain, &literal) == 0) {
		answer_literal(a, &literal);
		return;
	}
	if (!is_domain(of->domain)) {
		answer(a, RESOLVE_NO_DOMAIN, "that is no domain name");
		ask_free(a);
		return;
	}
	timer_set_ms(a->timer, as->conf->timeout_ms);
	if (of->kind == RESOLVE_HOST_OF_ROUTE) {
		a->hosts[a->hosts_n++].mx.name = of->domain;
		ask_addresses(a);
		return;
	}
	a->pending = 1;
	dns_ask(as->dns, of->domain, DNS_MX, a->arena, on_mx, a);
}

/* As long as there are places, and room for the answers. */
static void
asks_next(struct asks *as)
{
	struct place *p;

	if (as->starting)
		return; /* an ask that ended at once: the loop below goes on */
	as->starting = true;
	while ((as->to == NULL || !chan_full(as->to)) && (p = places_next(&as->places)) != NULL) {
		struct question *of = (struct question *)(void *)p;

		if (of->generation == as->generation) {
			ask_start(as, of);
			continue;
		}
		places_leave(&as->places, p);
		free(of);
	}
	as->starting = false;
}

void
asks_begin(struct asks *as, const struct resolve_ask *r)
{
	struct question *q = calloc(1, sizeof(*q) + r->domain.n + 1);

	if (q == NULL)
		fatal("out of memory for a question");
	q->number = r->ask;
	q->kind = r->kind;
	q->generation = as->generation;
	if (r->domain.n > 0)
		memcpy(q->text, r->domain.p, r->domain.n);
	q->domain = span_of(q->text, r->domain.n);
	places_wait(&as->places, &q->place, r->tenant, r->again);
	asks_next(as);
}
