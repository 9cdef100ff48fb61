#include "repeats.h"
#include "err.h"

enum { SLOTS = 1 << 16, WAYS = 4 };

/* A cache of WAYS entries a set: a new one takes the place of the one that was used longest ago. */
static struct entry {
	struct id message;
	uint32_t index, used;
	uint32_t first[REPEATS_KINDS]; /* hash of the first report of a kind; 0: none */
	uint16_t n;
} slots[SLOTS];
static uint32_t uses;

static struct entry *
entry_of(struct id message, uint32_t index)
{
	uint64_t hash = (id_hash(message) + index) * 0x9e3779b97f4a7c15u;
	struct entry *set = &slots[(hash >> 32) % (SLOTS / WAYS) * WAYS], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].n > 0 && set[i].index == index && id_eq(set[i].message, message))
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	*oldest = (struct entry){ .message = message, .index = index };
	return oldest;
}

enum repeat
repeats_count(struct id message, uint32_t index, unsigned kind, struct id report)
{
	struct entry *e = entry_of(message, index);
	uint32_t hash = (uint32_t)id_hash(report) | 1;

	must(kind < REPEATS_KINDS);
	e->used = ++uses;
	if (e->first[kind] == hash)
		return REPEAT_FIRST;
	if (e->n == REPEATS_MAX)
		return REPEAT_TOO_MANY;
	e->n++;
	if (e->first[kind] != 0)
		return REPEAT_AGAIN;
	e->first[kind] = hash;
	return REPEAT_FIRST;
}
