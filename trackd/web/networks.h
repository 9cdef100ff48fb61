/* networks.h: connections and requests of each client's network, in a table of fixed size.
 *
 * A network is the first bits of an address. Requests are paid from a bucket that refills at a rate; connections are
 * counted while they last. Pure but for the key of its hash: time is told. A network that finds no place takes that of the
 * one in its set that has no connection and asked longest ago; where each has connections it goes uncounted. */
#pragma once

#include "client.h"

struct networks_limits {
	uint64_t connections;  /* 0: no limit */
	struct conf_rate rate; /* count 0: no limit */
	uint64_t burst;        /* requests */
	unsigned bits_4, bits_6;
};

struct networks;

struct networks *networks_new(const struct networks_limits *);
void networks_free(struct networks *);

/* One connection more; false: too many, and it is not counted. *slot is for networks_left(); -1: nothing is counted. */
bool networks_came(struct networks *, const struct ip *, uint64_t now_ms, int *slot);
void networks_left(struct networks *, int slot);

/* One request more; false: too many. */
bool networks_asked(struct networks *, const struct ip *, uint64_t now_ms);
