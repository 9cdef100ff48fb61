#include "networks.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIXES = 33 + 129 }; /* lengths of IPv4 and of IPv6 */

struct network {
	int family;
	unsigned bits;
	uint8_t bytes[16]; /* none set behind the prefix */
	size_t owner;
};

struct networks {
	struct network *at; /* in order: by prefix, address, owner */
	size_t n;
	struct {
		size_t first, n;
	} prefixes[PREFIXES];
	unsigned prefixes_n;
};

struct networks *
networks_new(struct arena *arena, size_t most)
{
	struct networks *ns = arena_alloc(arena, sizeof(*ns));

	ns->at = arena_alloc(arena, sizeof(*ns->at) * (most + 1));
	return ns;
}

static void
masked(struct network *n, const struct ip *ip, unsigned bits)
{
	size_t bytes = ip->family == AF_INET ? 4 : 16;

	*n = (struct network){ .family = ip->family, .bits = bits };
	for (size_t i = 0; i < bytes; i++) {
		unsigned left = bits > 8 * i ? bits - 8 * (unsigned)i : 0;

		n->bytes[i] = left >= 8 ? ip->bytes[i] : ip->bytes[i] & (uint8_t)(0xff00 >> left);
	}
}

void
networks_add(struct networks *ns, const struct ip *ip, unsigned bits, size_t owner)
{
	struct network *n = &ns->at[ns->n++];

	masked(n, ip, bits);
	n->owner = owner;
}

static int
by_prefix(const struct network *a, const struct network *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return a->bits < b->bits ? -1 : a->bits > b->bits;
}

static int
by_address(const void *x, const void *y)
{
	const struct network *a = x, *b = y;
	int order = by_prefix(a, b);

	return order != 0 ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int
in_order(const void *x, const void *y)
{
	const struct network *a = x, *b = y;
	int order = by_address(a, b);

	return order != 0 ? order : a->owner < b->owner ? -1 : a->owner > b->owner;
}

void
networks_ready(struct networks *ns)
{
	size_t kept = 0;

	if (ns->n > 0)
		qsort(ns->at, ns->n, sizeof(*ns->at), in_order);
	for (size_t i = 0; i < ns->n; i++) {
		if (kept > 0 && by_address(&ns->at[kept - 1], &ns->at[i]) == 0)
			continue; /* another's before */
		ns->at[kept++] = ns->at[i];
		if (kept == 1 || by_prefix(&ns->at[kept - 2], &ns->at[kept - 1]) != 0)
			ns->prefixes[ns->prefixes_n++].first = kept - 1;
		ns->prefixes[ns->prefixes_n - 1].n++;
	}
	ns->n = kept;
}

size_t
networks_owner(const struct networks *ns, const struct ip *ip)
{
	size_t owner = SIZE_MAX;

	for (unsigned i = 0; i < ns->prefixes_n; i++) {
		const struct network *first = &ns->at[ns->prefixes[i].first], *found;
		struct network want;

		if (first->family != ip->family)
			continue;
		masked(&want, ip, first->bits);
		found = bsearch(&want, first, ns->prefixes[i].n, sizeof(want), by_address);
		if (found != NULL && found->owner < owner)
			owner = found->owner;
	}
	return owner;
}
