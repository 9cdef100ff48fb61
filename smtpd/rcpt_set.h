/* rcpt_set.h: which addresses a transaction has already, so that one that is given twice is one recipient. Pure.
 *
 * A hash table of indexes into the envelope's recipients, in the transaction's arena; the hash is keyed, since strangers choose the
 * addresses. Local parts differ by case, as their owner may have it so (RFC 5321 2.4). */
#pragma once

#include "arena.h"
#include "envelope.h"

struct rcpt_set {
	uint32_t *places; /* index + 1; 0: free */
	uint32_t places_n, used_n;
};

/* Is it among these recipients, all of which were added? */
bool rcpt_set_has(const struct rcpt_set *, const struct recipient *rcpts, struct span address);
/* The recipient at that index. */
void rcpt_set_add(struct rcpt_set *, const struct recipient *rcpts, uint32_t index, struct arena *);
