#include "rcpt_set.h"
#include "err.h"
#include "siphash.h"

#include <sys/random.h>

enum { PLACES_FIRST = 8 };

static uint64_t
hash_of(struct span address)
{
	static struct siphash_key key; /* of the process */

	if (key.k0 == 0 && getrandom(&key, sizeof(key), 0) != sizeof(key))
		fatal("getrandom");
	return siphash(&key, address);
}

/* Where it stands, or the free place where it would. */
static uint32_t
place_of(const struct rcpt_set *s, const struct recipient *rcpts, struct span address)
{
	uint32_t at = (uint32_t)hash_of(address) & (s->places_n - 1);

	while (s->places[at] != 0 && !span_eq(rcpts[s->places[at] - 1].address, address))
		at = (at + 1) & (s->places_n - 1);
	return at;
}

bool
rcpt_set_has(const struct rcpt_set *s, const struct recipient *rcpts, struct span address)
{
	return s->places_n > 0 && s->places[place_of(s, rcpts, address)] != 0;
}

/* Never more than half full. */
static void
grow(struct rcpt_set *s, const struct recipient *rcpts, struct arena *a)
{
	struct rcpt_set more = { .places_n = s->places_n == 0 ? PLACES_FIRST : s->places_n * 2,
		.used_n = s->used_n };

	more.places = arena_alloc(a, sizeof(*more.places) * more.places_n);
	for (uint32_t i = 0; i < s->places_n; i++)
		if (s->places[i] != 0)
			more.places[place_of(&more, rcpts, rcpts[s->places[i] - 1].address)] =
			    s->places[i];
	*s = more;
}

void
rcpt_set_add(struct rcpt_set *s, const struct recipient *rcpts, uint32_t index, struct arena *a)
{
	if ((s->used_n + 1) * 2 > s->places_n)
		grow(s, rcpts, a);
	s->places[place_of(s, rcpts, rcpts[index].address)] = index + 1;
	s->used_n++;
}
