#include "restart_only.h"
#include "err.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

static bool
same_values(const struct conf_block *a, const struct conf_block *b, const char *setting)
{
	size_t n = conf_count(a, setting);

	if (n != conf_count(b, setting))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(conf_str_at(a, setting, i), conf_str_at(b, setting, i)) != 0)
			return false;
	return true;
}

static int
differs(const struct conf_table *t, const struct conf_block *a, const struct conf_block *b,
    const char *setting, struct err *err)
{
	struct conf_place p = conf_place(b, setting);
	char where[512] = "the default";

	if (p.line != 0)
		snprintf(where, sizeof(where), "%s:%u", p.file, p.line);
	return err_set(err,
	    "%s: %s%s%s is taken at a start only, and \"%s\" is in force, not \"%s\": restart "
	    "posthoused, or put it back; nothing of this configuration was taken",
	    where, t->name == NULL ? "" : t->name, t->name == NULL ? "" : " ", setting,
	    conf_str(a, setting), conf_str(b, setting));
}

static int
block_same(const struct conf_table *t, const struct conf_block *a, const struct conf_block *b,
    struct err *err)
{
	for (const struct conf_setting *s = t->settings; s->name != NULL; s++)
		if (s->restart && s->type != CONF_SECRET && !same_values(a, b, s->name))
			return differs(t, a, b, s->name, err);
	return 0;
}

/* That block of the configuration in force. */
static const struct conf_block *
counterpart(const struct conf *in_force, const struct conf_table *t, const struct conf_block *b)
{
	return t->named ? conf_find(conf_top(in_force), t->name, span_str(conf_name(b)))
			: conf_first(conf_top(in_force), t->name);
}

int
restart_only_same(const struct conf *in_force, const struct conf *next, struct err *err)
{
	const struct conf_table *top = house_table();

	if (block_same(top, conf_top(in_force), conf_top(next), err) == -1)
		return -1;
	for (const struct conf_table *const *t = top->blocks; *t != NULL; t++)
		for (const struct conf_block *b = conf_first(conf_top(next), (*t)->name); b != NULL;
		     b = conf_next(b)) {
			const struct conf_block *a = counterpart(in_force, *t, b);

			if (a != NULL && block_same(*t, a, b, err) == -1)
				return -1;
		}
	return 0;
}
