#include "conf_tree.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, FIRST_ITEMS = 4 };

struct conf_slot {
	uint64_t hash;
	struct conf_block *block; /* NULL: free */
};

size_t
conf_table_size(const struct conf_table *t)
{
	size_t n = 0;

	while (t->settings != NULL && t->settings[n].name != NULL)
		n++;
	return n;
}

ptrdiff_t
conf_table_setting(const struct conf_table *t, struct span name)
{
	for (size_t i = 0; t->settings != NULL && t->settings[i].name != NULL; i++)
		if (span_is(name, t->settings[i].name))
			return (ptrdiff_t)i;
	return -1;
}

const struct conf_table *
conf_table_block(const struct conf_table *t, struct span name)
{
	for (size_t i = 0; t->blocks != NULL && t->blocks[i] != NULL; i++)
		if (span_is(name, t->blocks[i]->name))
			return t->blocks[i];
	return NULL;
}

static uint64_t
slot_hash(const struct conf_block *parent, const struct conf_table *t, struct span name)
{
	const void *who[2] = { parent, t };

	return span_hash(span_of(who, sizeof(who))) * 31 + span_hash_nocase(name);
}

static void
slot_put(struct conf *c, struct conf_slot slot)
{
	size_t i = slot.hash & (c->slots_n - 1);

	while (c->slots[i].block != NULL)
		i = (i + 1) & (c->slots_n - 1);
	c->slots[i] = slot;
}

static void
slots_grow(struct conf *c)
{
	struct conf_slot *old = c->slots;
	size_t n = c->slots_n;

	if (c->slots_used * 2 < n)
		return;
	c->slots_n = n == 0 ? FIRST_SLOTS : n * 2;
	c->slots = arena_alloc(c->arena, c->slots_n * sizeof(*c->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i].block != NULL)
			slot_put(c, old[i]);
}

struct conf_block *
conf_tree_find(const struct conf *c, const struct conf_block *parent, const struct conf_table *t,
    struct span name)
{
	uint64_t hash = slot_hash(parent, t, name);
	size_t i = hash & (c->slots_n - 1);

	if (c->slots_n == 0)
		return NULL;
	for (; c->slots[i].block != NULL; i = (i + 1) & (c->slots_n - 1)) {
		struct conf_block *b = c->slots[i].block;

		if (c->slots[i].hash == hash && b->parent == parent && b->table == t &&
		    span_eq_nocase(span_str(b->name), name))
			return b;
	}
	return NULL;
}

/* Only what has a name (or the right to be alone) can be found by it; of two the first. */
static void
slot_add(struct conf *c, struct conf_block *b)
{
	struct span name = span_str(b->name);

	if ((!b->table->named && !b->table->single) ||
	    conf_tree_find(c, b->parent, b->table, name) != NULL)
		return;
	slots_grow(c);
	slot_put(c, (struct conf_slot){ slot_hash(b->parent, b->table, name), b });
	c->slots_used++;
}

struct conf_block *
conf_tree_block(struct conf *c, struct conf_block *parent, const struct conf_table *t,
    struct span name, const struct conf_spot *spot)
{
	struct conf_block *b = arena_alloc(c->arena, sizeof(*b));

	b->table = t;
	b->name = arena_cstr(c->arena, name);
	b->spot = *spot;
	b->parent = parent;
	b->entries = arena_alloc(c->arena, (conf_table_size(t) + 1) * sizeof(*b->entries));
	b->conf = c;
	slot_add(c, b);
	if (parent == NULL)
		return b;
	if (parent->last == NULL)
		parent->first = b;
	else
		parent->last->next = b;
	parent->last = b;
	return b;
}

void
conf_tree_add(struct conf *c, struct conf_entry *e, const struct conf_item *item)
{
	if (e->n == e->cap) {
		size_t cap = e->cap == 0 ? 1 : e->cap < FIRST_ITEMS ? FIRST_ITEMS : e->cap * 2;
		struct conf_item *items = arena_alloc(c->arena, cap * sizeof(*items));

		if (e->n > 0)
			memcpy(items, e->items, e->n * sizeof(*items));
		e->items = items;
		e->cap = cap;
	}
	e->items[e->n++] = *item;
}

struct conf *
conf_tree_new(const struct conf_table *top, const char *path)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct conf_spot spot = { .place = { .line = 0 } };

	if (c == NULL)
		fatal("out of memory for a configuration");
	c->arena = arena_new(0);
	conf_errors_init(&c->errors);
	c->path = arena_strdup(c->arena, path);
	c->folder = "";
	spot.place.file = c->path;
	c->top = conf_tree_block(c, NULL, top, span_of("", 0), &spot);
	return c;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	conf_errors_free(&c->errors);
	arena_free(c->arena);
	free(c);
}
