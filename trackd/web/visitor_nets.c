#include "visitor_nets.h"

#include <stdlib.h>
#include <string.h>

/* Both families as 16 bytes, IPv4 mapped into IPv6: one order, one search. */
struct range {
	uint8_t lo[16], hi[16];
};

struct visitor_nets {
	size_t n;
	struct range *ranges; /* by lo; hi never falls, so a search need not look back */
};

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
widen(const struct ip *a, uint8_t out[16])
{
	if (a->family == AF_INET) {
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + 12, a->bytes, 4);
	} else
		memcpy(out, a->bytes, 16);
}

static struct range
range_of(const struct conf_network *net)
{
	unsigned bits = net->ip.family == AF_INET ? net->bits + 96 : net->bits;
	struct range r;

	widen(&net->ip, r.lo);
	memcpy(r.hi, r.lo, sizeof(r.hi));
	for (unsigned i = bits; i < 128; i++)
		r.hi[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return r;
}

static int
by_lo(const void *a, const void *b)
{
	return memcmp(((const struct range *)a)->lo, ((const struct range *)b)->lo, 16);
}

struct visitor_nets *
visitor_nets_read(const struct conf_block *b, const char *setting, struct arena *arena)
{
	struct visitor_nets *list = arena_alloc(arena, sizeof(*list));

	list->n = conf_count(b, setting);
	list->ranges = arena_alloc(arena, (list->n + 1) * sizeof(*list->ranges));
	for (size_t i = 0; i < list->n; i++)
		list->ranges[i] = range_of(conf_network_at(b, setting, i));
	qsort(list->ranges, list->n, sizeof(*list->ranges), by_lo);
	for (size_t i = 1; i < list->n; i++)
		if (memcmp(list->ranges[i].hi, list->ranges[i - 1].hi, 16) < 0)
			list->ranges[i] = list->ranges[i - 1]; /* it lies inside that one */
	return list;
}

bool
visitor_nets_have(const struct visitor_nets *list, const struct ip *a)
{
	size_t lo = 0, hi = list->n;
	uint8_t wide[16];

	widen(a, wide);
	while (lo < hi) { /* the first range that begins above it */
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(list->ranges[mid].lo, wide, 16) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && memcmp(list->ranges[lo - 1].hi, wide, 16) >= 0;
}
