#include "repeats.h"
#include "err.h"

enum { SLOTS = 1 << 16, WAYS = 4 };

/* A cache of WAYS entries a set: a new one takes the place of the one that was used longest ago. */
static struct entry {
	struct id message;
	uint32_t index, used;
	uint16_t n;
	uint8_t kinds; /* bits */
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
repeats_count(struct id message, uint32_t index, unsigned kind)
{
	struct entry *e = entry_of(message, index);
	bool again = e->kinds >> kind & 1;

	must(kind < REPEATS_KINDS);
	e->used = ++uses;
	if (e->n == REPEATS_MAX)
		return REPEAT_TOO_MANY;
	e->n++;
	e->kinds |= (uint8_t)(1u << kind);
	return again ? REPEAT_AGAIN : REPEAT_FIRST;
}
