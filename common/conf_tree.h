/* conf_tree.h: the configuration that was read: blocks, their settings, the values of each with their spots.
 *
 * For conf_*.c alone; everybody else asks through conf.h. All of it lives in the configuration's arena. */
#pragma once

#include "conf_error.h"
#include "conf_value.h"

struct conf_item {
	struct conf_value value;
	struct conf_spot spot;
};

/* One setting of one block: as many entries as the table has settings, in its order. */
struct conf_entry {
	struct conf_item *items;
	size_t n, cap;
	bool is_default;
	bool tried; /* it stood in the file, even if its value was wrong */
};

struct conf_block {
	const struct conf *conf;
	const struct conf_table *table;
	const char *name;
	struct conf_spot spot; /* its head */
	struct conf_block *parent, *first, *last, *next;
	struct conf_entry *entries;
	unsigned errors; /* found in it or inside it */
};

struct conf_slot;

struct conf {
	struct arena *arena;
	struct conf_block *top;
	struct conf_errors errors;
	const char *path;        /* as given */
	const char *folder;      /* where relative defaults begin */
	bool hand_over;          /* it was read from what conf_show() handed over */
	struct conf_slot *slots; /* blocks by parent, table and name */
	size_t slots_n, slots_used;
};

struct conf *conf_tree_new(const struct conf_table *, const char *path);
struct conf_block *conf_tree_block(struct conf *, struct conf_block *parent,
    const struct conf_table *, struct span name, const struct conf_spot *);
struct conf_block *conf_tree_find(
    const struct conf *, const struct conf_block *parent, const struct conf_table *, struct span);
/* Takes one more value. */
void conf_tree_add(struct conf *, struct conf_entry *, const struct conf_item *);

/* How many settings a table has; the one of that name or -1; the block's table or NULL. */
size_t conf_table_size(const struct conf_table *);
ptrdiff_t conf_table_setting(const struct conf_table *, struct span name);
const struct conf_table *conf_table_block(const struct conf_table *, struct span name);
