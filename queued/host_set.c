#include "host_set.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

static bool
is_six(const struct host *h)
{
	return span_find(h->address, ':') >= 0;
}

static int
host_cmp(const void *a, const void *b)
{
	const struct host *x = a, *y = b;
	int r = span_cmp(x->name, y->name);

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (r == 0)
		r = span_cmp(x->address, y->address);
	return r != 0 ? r : (x->port > y->port) - (x->port < y->port);
}

static uint64_t
mix(uint64_t hash, uint64_t more)
{
	return (hash ^ more) * 0x100000001b3u; /* FNV */
}

static uint64_t
hash_of(const struct host_terms *t, const struct host *hosts, uint32_t n)
{
	uint64_t hash = mix(span_hash(t->login), span_hash(t->password));

	hash = mix(hash, (uint64_t)t->tls << 1 | t->implicit_tls);
	for (uint32_t i = 0; i < n; i++) {
		hash = mix(hash, span_hash(hosts[i].name));
		hash = mix(hash, span_hash(hosts[i].address));
		hash = mix(hash, (uint64_t)hosts[i].port << 16 | hosts[i].rank);
	}
	return hash;
}

static bool
same_terms(const struct host_terms *a, const struct host_terms *b)
{
	return a->tls == b->tls && a->implicit_tls == b->implicit_tls &&
	       span_eq(a->login, b->login) && span_eq(a->password, b->password);
}

static bool
same(const struct host_set *s, const struct host_terms *t, const struct host *hosts, uint32_t n)
{
	if (s->hosts_n != n || !same_terms(&s->terms, t))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (host_cmp(&s->hosts[i], &hosts[i]) != 0)
			return false;
	return true;
}

/* A domain may have a set to itself, and there may be very many: each is one piece of memory. */
static size_t all_bytes;

size_t
host_sets_bytes(void)
{
	return all_bytes;
}

static struct span
copied(char **at, struct span from)
{
	struct span copy = span_of(*at, from.n);

	if (from.n > 0)
		memcpy(*at, from.p, from.n);
	*at += from.n;
	return copy;
}

static struct host_set *
set_new(const struct host_terms *t, const struct host *hosts, uint32_t n)
{
	size_t bytes = sizeof(struct host_set) + n * sizeof(*hosts) + t->login.n + t->password.n;
	struct host_set *s;
	char *text;

	for (uint32_t i = 0; i < n; i++)
		bytes += hosts[i].name.n + hosts[i].address.n;
	s = calloc(1, bytes);
	if (s == NULL)
		fatal("out of memory for a set of hosts");
	text = (char *)&s->hosts[n];
	s->bytes = bytes;
	s->hosts_n = n;
	s->terms = (struct host_terms){ t->tls, t->implicit_tls, copied(&text, t->login),
		copied(&text, t->password) };
	for (uint32_t i = 0; i < n; i++)
		s->hosts[i] = (struct host){ copied(&text, hosts[i].name),
			copied(&text, hosts[i].address), hosts[i].port, hosts[i].rank };
	all_bytes += bytes;
	return s;
}

struct host_set *
host_set_get(struct table *sets, const struct host_terms *t, struct host *hosts, uint32_t n)
{
	struct host_set *s;
	uint64_t hash;

	must(n > 0 && n <= DELIVER_HOSTS_MAX);
	qsort(hosts, n, sizeof(*hosts), host_cmp);
	hash = hash_of(t, hosts, n);
	for (struct table_node *at = table_first(sets, hash); at != NULL; at = table_next(at)) {
		s = TABLE_OF(at, struct host_set, by_content);
		if (same(s, t, hosts, n))
			return host_set_keep(s);
	}
	s = set_new(t, hosts, n);
	table_put(sets, &s->by_content, hash);
	return host_set_keep(s);
}

struct host_set *
host_set_keep(struct host_set *s)
{
	s->refs++;
	return s;
}

void
host_set_drop(struct table *sets, struct host_set *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	table_remove(sets, &s->by_content);
	all_bytes -= s->bytes;
	explicit_bzero(s, s->bytes); /* a password may be among it */
	free(s);
}

const struct host *
host_set_find(const struct host_set *s, struct span name, struct span address, uint16_t port)
{
	for (uint32_t i = 0; i < s->hosts_n; i++)
		if (s->hosts[i].port == port && span_eq(s->hosts[i].address, address) &&
		    span_eq(s->hosts[i].name, name))
			return &s->hosts[i];
	return NULL;
}

/* A host that is there for when the best are away gets nothing as long as nobody tried those. */
bool
host_set_takes(const struct host_set *s, const struct host *h, const struct host_terms *terms)
{
	const struct host *ours = host_set_find(s, h->name, h->address, h->port);

	return ours != NULL && ours->rank == s->hosts[0].rank && same_terms(&s->terms, terms);
}

struct drawn {
	const struct host *host;
	uint32_t of_name, own;
};

static int
drawn_cmp(const void *a, const void *b)
{
	const struct drawn *x = a, *y = b;
	bool six = is_six(x->host);

	if (x->host->rank != y->host->rank)
		return x->host->rank < y->host->rank ? -1 : 1;
	if (x->of_name != y->of_name)
		return x->of_name < y->of_name ? -1 : 1;
	if (six != is_six(y->host)) /* many a host has no way to the other ones */
		return six ? 1 : -1;
	return x->own < y->own ? -1 : x->own > y->own;
}

void
host_set_order(const struct host_set *s, uint32_t (*uniform)(uint32_t n), const struct host **order)
{
	struct drawn drawn[DELIVER_HOSTS_MAX];

	for (uint32_t i = 0; i < s->hosts_n; i++) {
		bool again = i > 0 && s->hosts[i].rank == s->hosts[i - 1].rank &&
			     span_eq(s->hosts[i].name, s->hosts[i - 1].name);

		drawn[i] = (struct drawn){ &s->hosts[i],
			again ? drawn[i - 1].of_name : uniform(UINT32_MAX), uniform(UINT32_MAX) };
	}
	qsort(drawn, s->hosts_n, sizeof(drawn[0]), drawn_cmp);
	for (uint32_t i = 0; i < s->hosts_n; i++)
		order[i] = drawn[i].host;
}
