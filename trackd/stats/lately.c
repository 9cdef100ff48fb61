#include "lately.h"

#include <string.h>

enum { PLACES = LATELY_MOST * 4 }; /* a power of two: a quarter full at most */

/* Hashes of ids; 0: none. What leaves the ring leaves its place, and those behind it move up. */
static struct {
	uint64_t ring[LATELY_MOST], places[PLACES];
	size_t at;
} lately;

static uint64_t
hash_of(struct span line)
{
	static const char key[] = "\"id\":\"";
	ptrdiff_t at = span_find_str(span_first(line, 200), key);
	struct span id;
	uint64_t h;

	if (at < 0)
		return 0;
	id = span_from(line, (size_t)at + sizeof(key) - 1);
	at = span_find(id, '"');
	if (at <= 0)
		return 0;
	h = span_hash(span_first(id, (size_t)at)) * 0x9e3779b97f4a7c15u;
	return h == 0 ? 1 : h;
}

static size_t
place_of(uint64_t h)
{
	size_t i = (h >> 20) % PLACES;

	while (lately.places[i] != 0 && lately.places[i] != h)
		i = (i + 1) % PLACES;
	return i;
}

static void
forget(uint64_t h)
{
	size_t i = place_of(h);

	if (h == 0 || lately.places[i] != h)
		return;
	lately.places[i] = 0;
	for (i = (i + 1) % PLACES; lately.places[i] != 0; i = (i + 1) % PLACES) {
		uint64_t moved = lately.places[i];

		lately.places[i] = 0;
		lately.places[place_of(moved)] = moved;
	}
}

bool
lately_again(struct span line)
{
	uint64_t h = hash_of(line);
	size_t i;

	if (h == 0)
		return false;
	i = place_of(h);
	if (lately.places[i] == h)
		return true;
	forget(lately.ring[lately.at]);
	lately.ring[lately.at] = h;
	lately.at = (lately.at + 1) % LATELY_MOST;
	lately.places[place_of(h)] = h;
	return false;
}

void
lately_forget(void)
{
	memset(&lately, 0, sizeof(lately));
}
