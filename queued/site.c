#include "site.h"
#include "domain.h"
#include "err.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum { MALLOC_BYTES = 16 }; /* what each piece of memory takes besides */

/* Limits that one or more sites have. */
struct shared_limits {
	struct table_node by_content;
	uint32_t refs;
	struct queued_conf *conf; /* whose words they hold */
	struct limits limits;
};

struct sites {
	struct queued *q;
	struct table by_name, limits;
	size_t bytes; /* of all sites */
};

struct sites *
sites_new(struct queued *q)
{
	struct sites *ss = calloc(1, sizeof(*ss));

	if (ss == NULL)
		fatal("out of memory for sites");
	ss->q = q;
	return ss;
}

/* As far as malloc is concerned. */
static size_t
bytes_of(const struct site *s)
{
	return sizeof(*s) + s->name.n + MALLOC_BYTES;
}

size_t
sites_bytes(const struct sites *ss)
{
	return ss->bytes;
}

/* ---- limits ---- */

static uint64_t
mix(uint64_t hash, uint64_t more)
{
	return (hash ^ more) * 0x100000001b3u; /* FNV */
}

static uint64_t
limits_hash(const struct limits *l)
{
	uint64_t hash = mix(l->scope, span_hash(l->block));

	for (unsigned i = 0; i < LIMITS_N; i++)
		hash = mix(mix(mix(hash, l->of[i].value), l->of[i].per_s), l->of[i].line);
	return hash;
}

static bool
limits_eq(const struct limits *a, const struct limits *b)
{
	for (unsigned i = 0; i < LIMITS_N; i++)
		if (a->of[i].value != b->of[i].value || a->of[i].per_s != b->of[i].per_s ||
		    a->of[i].file != b->of[i].file || a->of[i].line != b->of[i].line)
			return false;
	return a->scope == b->scope && span_eq(a->block, b->block);
}

static const struct limits *
limits_keep(struct sites *ss, const struct limits *l)
{
	uint64_t hash = limits_hash(l);
	struct shared_limits *s;

	for (struct table_node *n = table_first(&ss->limits, hash); n != NULL; n = table_next(n)) {
		s = TABLE_OF(n, struct shared_limits, by_content);
		if (s->conf == ss->q->conf && limits_eq(&s->limits, l)) {
			s->refs++;
			return &s->limits;
		}
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		fatal("out of memory for limits");
	s->refs = 1;
	s->conf = queued_conf_keep(ss->q->conf);
	s->limits = *l;
	table_put(&ss->limits, &s->by_content, hash);
	return &s->limits;
}

static void
limits_drop(struct sites *ss, const struct limits *l)
{
	struct shared_limits *s;

	if (l == NULL)
		return;
	s = (struct shared_limits *)(void *)((char *)l - offsetof(struct shared_limits, limits));
	if (--s->refs > 0)
		return;
	table_remove(&ss->limits, &s->by_content);
	queued_conf_drop(s->conf);
	free(s);
}

static void
limits_set(struct sites *ss, struct site *s, const struct limits *l)
{
	const struct limits *before = s->limits;

	s->limits = limits_keep(ss, l);
	limits_drop(ss, before);
}

static struct limits
limits_of(
    const struct sites *ss, struct span name, struct span domain, const struct host_set *hosts)
{
	const struct queued_conf *c = ss->q->conf;
	struct span mx[DELIVER_HOSTS_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < hosts->hosts_n; i++)
		if (n == 0 || !span_eq(mx[n - 1], hosts->hosts[i].name))
			mx[n++] = hosts->hosts[i].name;
	return limits_find(c->rules, c->rules_n, name, domain, mx, n);
}

/* ---- sites ---- */

static struct span
example_of(const struct site *s)
{
	return s->example != NULL ? span_str(s->example) : s->name;
}

static void
example_forget(struct sites *ss, struct site *s)
{
	if (s->example != NULL)
		ss->bytes -= strlen(s->example) + 1;
	free(s->example);
	s->example = NULL;
}

static void
example_name(struct sites *ss, struct site *s, struct span domain)
{
	if (span_eq(example_of(s), domain))
		return;
	example_forget(ss, s);
	if (span_eq(s->name, domain))
		return;
	s->example = strndup(domain.n > 0 ? domain.p : "", domain.n);
	if (s->example == NULL)
		fatal("out of memory for a site's domain");
	ss->bytes += strlen(s->example) + 1;
}

static void
example_set(struct sites *ss, struct site *s, struct span domain, struct host_set *hosts)
{
	struct host_set *before = s->example_hosts;

	example_name(ss, s, domain);
	s->example_hosts = host_set_keep(hosts);
	host_set_drop(domains_sets(ss->q->domains), before);
}

static struct site *
site_find(const struct sites *ss, struct span name, bool by_route, uint64_t scope)
{
	for (struct table_node *n = table_first(&ss->by_name, span_hash(name)); n != NULL;
	     n = table_next(n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);

		if (s->by_route == by_route && s->limits->scope == scope && span_eq(s->name, name))
			return s;
	}
	return NULL;
}

static struct site *
site_make(struct sites *ss, struct span name, bool by_route)
{
	struct site *s = calloc(1, sizeof(*s) + name.n);

	if (s == NULL)
		fatal("out of memory for a site");
	memcpy(s->text, name.p, name.n);
	s->name = span_of(s->text, name.n);
	s->by_route = by_route;
	table_put(&ss->by_name, &s->by_name, span_hash(name));
	ss->bytes += bytes_of(s);
	return s;
}

struct site *
site_get(
    struct sites *ss, struct span name, bool by_route, struct span domain, struct host_set *hosts)
{
	struct limits limits = limits_of(ss, name, domain, hosts);
	struct site *s = site_find(ss, name, by_route, limits.scope);

	if (s == NULL)
		s = site_make(ss, name, by_route);
	limits_set(ss, s, &limits);
	example_set(ss, s, domain, hosts);
	return s;
}

static void
free_unless_used(struct sites *ss, struct site *s)
{
	if (s->domains > 0 || s->lanes > 0)
		return;
	table_remove(&ss->by_name, &s->by_name);
	host_set_drop(domains_sets(ss->q->domains), s->example_hosts);
	example_forget(ss, s);
	limits_drop(ss, s->limits);
	ss->bytes -= bytes_of(s);
	free(s);
}

void
site_lane(struct sites *ss, struct site *s, int more)
{
	s->lanes += (uint32_t)more;
	free_unless_used(ss, s);
}

void
site_domain(struct sites *ss, struct site *s, int more)
{
	s->domains += (uint32_t)more;
	free_unless_used(ss, s);
}

/* Where the example is held by other blocks now, the site waits for those that are still held by the same: they bring
 * their limits along when they are looked at, which is before anything of theirs is sent. */
void
sites_conf(struct sites *ss)
{
	for (struct table_node *n = table_each(&ss->by_name, NULL); n != NULL;
	     n = table_each(&ss->by_name, n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);
		struct limits limits = limits_of(ss, s->name, example_of(s), s->example_hosts);

		if (limits.scope == s->limits->scope)
			limits_set(ss, s, &limits);
	}
}

bool
site_fits(const struct site *s, struct span glob)
{
	return glob.n == 0 || span_glob(glob, s->name) || span_glob(glob, s->limits->block);
}
