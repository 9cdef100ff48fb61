#include "siphash.h"

#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
rounds(struct state *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static uint64_t
word(const char *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(uint8_t)p[i] << (8 * i);
	return w;
}

uint64_t
siphash(const struct siphash_key *k, struct span in)
{
	struct state s = { k->k0 ^ 0x736f6d6570736575, k->k1 ^ 0x646f72616e646f6d,
		k->k0 ^ 0x6c7967656e657261, k->k1 ^ 0x7465646279746573 };
	uint64_t last = (uint64_t)in.n << 56, m;

	for (; in.n >= 8; in = span_from(in, 8)) {
		m = word(in.p, 8);
		s.v3 ^= m;
		rounds(&s, 2);
		s.v0 ^= m;
	}
	m = last | word(in.p, in.n);
	s.v3 ^= m;
	rounds(&s, 2);
	s.v0 ^= m;
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
