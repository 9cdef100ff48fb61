#include "own_hosts.h"
#include "http.h"
#include "../trackd_conf.h"

#include <stdlib.h>
#include <string.h>

struct own {
	uint64_t hash;
	struct span host;
	const char *tenant;
};

static struct {
	struct own
	    *at; /* by hash, then tenant: of thousands that share a host one is found at once */
	size_t n;
} hosts;

static int
by_hash(const void *a, const void *b)
{
	const struct own *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int
by_hash_and_tenant(const void *a, const void *b)
{
	int order = by_hash(a, b);

	return order != 0
		   ? order
		   : strcmp(((const struct own *)a)->tenant, ((const struct own *)b)->tenant);
}

/* The host of a URL like https://t.example.com:8443/x/; empty: there is none. */
static struct span
host_of(struct span url)
{
	ptrdiff_t slashes = span_find_str(url, "://");
	struct span rest, host = span_from(url, slashes < 0 ? url.n : (size_t)slashes + 3);

	host = span_cut(host, '/', &rest);
	return http_host_cut(&host) ? host : span_of(NULL, 0);
}

static void
add(const struct conf *conf, const struct conf_block *tenant)
{
	struct span host = host_of(span_str(tracking_base(conf, tenant)));

	if (host.n > 0)
		hosts.at[hosts.n++] =
		    (struct own){ span_hash_nocase(host), host, conf_name(tenant) };
}

void
own_hosts_make(const struct conf *conf, struct arena *arena)
{
	const struct conf_block *b;
	size_t n = 0;

	for (b = conf_first(conf_top(conf), "tenant"); b != NULL; b = conf_next(b))
		n++;
	hosts.n = 0;
	hosts.at = arena_alloc(arena, (n + 1) * sizeof(*hosts.at));
	for (b = conf_first(conf_top(conf), "tenant"); b != NULL; b = conf_next(b))
		add(conf, b);
	qsort(hosts.at, hosts.n, sizeof(*hosts.at), by_hash_and_tenant);
}

static bool
is_one(const struct own *want, int (*order)(const void *, const void *))
{
	const struct own *o = bsearch(want, hosts.at, hosts.n, sizeof(*hosts.at), order);

	return o != NULL && span_eq_nocase(o->host, want->host);
}

bool
own_hosts_answer(struct span host, const char *tenant)
{
	struct own want = { span_hash_nocase(host), host, tenant };

	return is_one(&want, by_hash_and_tenant) || !is_one(&want, by_hash);
}
