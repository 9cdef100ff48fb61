/* siphash.h: SipHash-2-4, 64 bits: a keyed hash that no one without the key can steer. */
#pragma once

#include "span.h"

struct siphash_key {
	uint64_t k0, k1;
};

uint64_t siphash(const struct siphash_key *, struct span);
