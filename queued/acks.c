#include "acks.h"
#include "err.h"

#include <stdlib.h>

enum { CAP_FIRST = 1024, GAP_MAX = 1 << 24 };

static void
grow(struct acks *a, uint64_t span)
{
	size_t cap = a->cap == 0 ? CAP_FIRST : a->cap;
	uint8_t *settled;

	while (cap < span)
		cap *= 2;
	if (cap == a->cap)
		return;
	settled = calloc(cap, 1);
	if (settled == NULL)
		fatal("out of memory for %zu acknowledgements", cap);
	for (uint64_t n = a->base; n < a->end; n++)
		settled[n & (cap - 1)] = a->settled[n & (a->cap - 1)];
	free(a->settled);
	a->settled = settled;
	a->cap = cap;
}

void
acks_got(struct acks *a, uint64_t number)
{
	if (number > UINT64_MAX / 2) /* no worker counts that far */
		return;
	if (a->end == 0)
		a->base = a->end = number;
	if (number < a->end || number - a->base > GAP_MAX)
		return;
	grow(a, number - a->base + 1);
	for (; a->end <= number; a->end++) /* numbers that were skipped are nobody's */
		a->settled[a->end & (a->cap - 1)] = a->end < number;
}

void
acks_settled(struct acks *a, uint64_t number)
{
	if (number >= a->base && number < a->end)
		a->settled[number & (a->cap - 1)] = 1;
}

uint64_t
acks_due(struct acks *a)
{
	while (a->base < a->end && a->settled[a->base & (a->cap - 1)])
		a->base++;
	if (a->base == 0 || a->base - 1 <= a->said)
		return 0;
	a->said = a->base - 1;
	return a->said;
}

void
acks_free(struct acks *a)
{
	free(a->settled);
	*a = (struct acks){ 0 };
}
