#include "networks.h"
#include "err.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SETS = 8192, WAYS = 8 };

struct network {
	uint64_t key;      /* 0: free */
	uint64_t asked_ms; /* when the bucket was last looked at */
	double left;       /* requests in the bucket */
	uint32_t connections;
};

struct networks {
	struct networks_limits limits;
	struct siphash_key hash;
	struct network at[SETS * WAYS];
};

struct networks *
networks_new(const struct networks_limits *limits)
{
	struct networks *n = calloc(1, sizeof(*n));

	if (n == NULL)
		fatal("out of memory for the networks");
	n->limits = *limits;
	if (getrandom(&n->hash, sizeof(n->hash), 0) != sizeof(n->hash))
		fatal("getrandom");
	return n;
}

void
networks_free(struct networks *n)
{
	free(n);
}

static uint64_t
first_bits(uint64_t value, unsigned of, unsigned bits)
{
	return bits >= of ? value : value >> (of - bits);
}

static uint64_t
bytes_of(const struct ip *a, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value = value << 8 | a->bytes[i];
	return value;
}

/* 0: not counted. Hashed with its family in front, so that no IPv6 network is taken for an IPv4 one; 64 bits of a keyed
 * hash stand for the network from there on. */
static uint64_t
key_of(const struct networks *n, const struct ip *a)
{
	uint64_t name[2] = { a->family, 0 };

	if (a->family == AF_INET)
		name[1] = first_bits(bytes_of(a, 4), 32, n->limits.bits_4);
	else if (a->family == AF_INET6)
		name[1] = first_bits(bytes_of(a, 8), 64, n->limits.bits_6);
	else
		return 0;
	return siphash(&n->hash, span_of(name, sizeof(name))) | 1;
}

static struct network *
network_of(struct networks *n, uint64_t key, uint64_t now_ms)
{
	struct network *set, *oldest = NULL;

	set = &n->at[(key >> 1) % SETS * WAYS];
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].connections == 0 &&
		    (oldest == NULL || set[i].asked_ms < oldest->asked_ms))
			oldest = &set[i];
	if (oldest != NULL)
		*oldest = (struct network){
			.key = key, .asked_ms = now_ms, .left = (double)n->limits.burst
		};
	return oldest;
}

bool
networks_came(struct networks *n, const struct ip *a, uint64_t now_ms, int *slot)
{
	uint64_t key = n->limits.connections == 0 ? 0 : key_of(n, a);
	struct network *network = key == 0 ? NULL : network_of(n, key, now_ms);

	*slot = -1;
	if (network == NULL)
		return true;
	if (network->connections >= n->limits.connections)
		return false;
	network->connections++;
	*slot = (int)(network - n->at);
	return true;
}

void
networks_left(struct networks *n, int slot)
{
	if (slot < 0)
		return;
	must(n->at[slot].connections > 0);
	n->at[slot].connections--;
}

static void
refill(const struct networks_limits *l, struct network *network, uint64_t now_ms)
{
	uint64_t ms = now_ms > network->asked_ms ? now_ms - network->asked_ms : 0;

	network->left += (double)ms * (double)l->rate.count / ((double)l->rate.per_s * 1000);
	if (network->left > (double)l->burst)
		network->left = (double)l->burst;
	network->asked_ms = now_ms;
}

bool
networks_asked(struct networks *n, const struct ip *a, uint64_t now_ms)
{
	uint64_t key = n->limits.rate.count == 0 ? 0 : key_of(n, a);
	struct network *network = key == 0 ? NULL : network_of(n, key, now_ms);

	if (network == NULL)
		return true;
	refill(&n->limits, network, now_ms);
	if (network->left < 1)
		return false;
	network->left -= 1;
	return true;
}
