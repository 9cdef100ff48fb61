#include "site.h"
#include "domain.h"
#include "err.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

struct sites {
	struct queued *q;
	struct table by_name;
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

static void
example_set(struct sites *ss, struct site *s, struct span domain, struct host_set *hosts)
{
	struct host_set *before = s->example_hosts;

	if (s->example != NULL && span_eq(span_str(s->example), domain) && before == hosts)
		return;
	free(s->example);
	s->example = strndup(domain.n > 0 ? domain.p : "", domain.n);
	if (s->example == NULL)
		fatal("out of memory for a site's domain");
	s->example_hosts = host_set_keep(hosts);
	host_set_drop(domains_sets(ss->q->domains), before);
}

static struct site *
site_find(const struct sites *ss, struct span name, bool by_route, uint64_t scope)
{
	for (struct table_node *n = table_first(&ss->by_name, span_hash(name)); n != NULL;
	     n = table_next(n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);

		if (s->by_route == by_route && s->limits.scope == scope && span_eq(s->name, name))
			return s;
	}
	return NULL;
}

static struct site *
site_make(struct sites *ss, struct span name, bool by_route)
{
	struct site *s = calloc(1, sizeof(*s) + name.n + 1);

	if (s == NULL)
		fatal("out of memory for a site");
	memcpy(s->text, name.p, name.n);
	s->name = span_of(s->text, name.n);
	s->by_route = by_route;
	table_put(&ss->by_name, &s->by_name, span_hash(name));
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
	s->limits = limits;
	example_set(ss, s, domain, hosts);
	return s;
}

void
site_lane(struct site *s)
{
	s->lanes++;
}

void
site_domain(struct sites *ss, struct site *s, int more)
{
	s->domains += (uint32_t)more;
	if (s->domains > 0 || s->lanes > 0)
		return;
	table_remove(&ss->by_name, &s->by_name);
	host_set_drop(domains_sets(ss->q->domains), s->example_hosts);
	free(s->example);
	free(s);
}

/* Where the example is held by other blocks now, the site waits for those that are still held by the same: they bring
 * their limits along when they are looked at, which is before anything of theirs is sent. */
void
sites_conf(struct sites *ss)
{
	for (struct table_node *n = table_each(&ss->by_name, NULL); n != NULL;
	     n = table_each(&ss->by_name, n)) {
		struct site *s = TABLE_OF(n, struct site, by_name);
		struct limits limits =
		    limits_of(ss, s->name, span_str(s->example), s->example_hosts);

		if (limits.scope == s->limits.scope)
			s->limits = limits;
	}
}
