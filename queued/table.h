/* table.h: a hash table of things that carry their own link.
 *
 * Walk the chain of a hash with table_first() and table_next() and compare keys yourself: a hash may be shared.
 * Grows by doubling; one step of a node's removal is linear in its chain alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **slots;
	size_t slots_n; /* a power of two, 0 before the first */
	size_t n;
};

/* The thing a node stands in. */
#define TABLE_OF(node, type, member)                                                               \
	((node) == NULL ? NULL : (type *)(void *)((char *)(node)-offsetof(type, member)))

void table_put(struct table *, struct table_node *, uint64_t hash);
void table_remove(struct table *, struct table_node *); /* must be in it */
struct table_node *table_first(const struct table *, uint64_t hash);
struct table_node *table_next(const struct table_node *);
/* All of them, in no order: NULL begins, NULL ends. The one returned may be removed before the next call only if
 * the next one was asked for first. */
struct table_node *table_each(const struct table *, const struct table_node *);
void table_free(struct table *); /* the slots, not the things */
