#include "table.h"
#include "err.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

/* Keys that count up (numbers of jobs) must spread too. */
static size_t
slot_of(const struct table *t, uint64_t hash)
{
	return (size_t)((hash * 0x9e3779b97f4a7c15u) >> 32) & (t->slots_n - 1);
}

static void
grow(struct table *t)
{
	struct table_node **old = t->slots;
	size_t old_n = t->slots_n;

	t->slots_n = old_n == 0 ? SLOTS_FIRST : old_n * 2;
	t->slots = calloc(t->slots_n, sizeof(*t->slots));
	if (t->slots == NULL)
		fatal("out of memory for a table of %zu", t->slots_n);
	for (size_t i = 0; i < old_n; i++)
		for (struct table_node *n = old[i], *next; n != NULL; n = next) {
			size_t s = slot_of(t, n->hash);

			next = n->next;
			n->next = t->slots[s];
			t->slots[s] = n;
		}
	free(old);
}

void
table_put(struct table *t, struct table_node *n, uint64_t hash)
{
	size_t s;

	if (t->n >= t->slots_n)
		grow(t);
	s = slot_of(t, hash);
	n->hash = hash;
	n->next = t->slots[s];
	t->slots[s] = n;
	t->n++;
}

void
table_remove(struct table *t, struct table_node *n)
{
	struct table_node **at = &t->slots[slot_of(t, n->hash)];

	while (*at != NULL && *at != n)
		at = &(*at)->next;
	must(*at == n);
	*at = n->next;
	n->next = NULL;
	t->n--;
}

static struct table_node *
same_hash(struct table_node *n, uint64_t hash)
{
	while (n != NULL && n->hash != hash)
		n = n->next;
	return n;
}

struct table_node *
table_first(const struct table *t, uint64_t hash)
{
	return t->n == 0 ? NULL : same_hash(t->slots[slot_of(t, hash)], hash);
}

struct table_node *
table_next(const struct table_node *n)
{
	return same_hash(n->next, n->hash);
}

struct table_node *
table_each(const struct table *t, const struct table_node *n)
{
	size_t i = 0;

	if (n != NULL && n->next != NULL)
		return n->next;
	if (n != NULL)
		i = slot_of(t, n->hash) + 1;
	for (; i < t->slots_n; i++)
		if (t->slots[i] != NULL)
			return t->slots[i];
	return NULL;
}

void
table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}
