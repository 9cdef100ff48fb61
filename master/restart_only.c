#include "restart_only.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

/* The configurations, and one in which every block that is there once stands empty. */
struct comparison {
	const struct conf *in_force;
	struct conf *next;
	const struct conf *defaults;
};

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

/* The values as they would be written: "a b". */
static const char *
values(const struct conf_block *b, const char *setting, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < conf_count(b, setting) && n < size; i++)
		n += (size_t)snprintf(
		    text + n, size - n, "%s%s", i == 0 ? "" : " ", conf_str_at(b, setting, i));
	return text;
}

/* at: where the setting is missed if it is not set. */
static void
complain(struct comparison *c, const struct conf_block *at, const struct conf_block *a,
    const struct conf_block *b, const struct conf_setting *s)
{
	char before[100], after[100];

	if (s->type == CONF_SECRET)
		conf_complain(c->next, at, at == b ? s->name : NULL,
		    "\"%s\" is taken at a start only\nrestart posthoused, or put it back", s->name);
	else
		conf_complain(c->next, at, at == b ? s->name : NULL,
		    "\"%s\" is taken at a start only: %s is in force, not %s\n"
		    "restart posthoused, or put it back",
		    s->name, values(a, s->name, before, sizeof(before)),
		    values(b, s->name, after, sizeof(after)));
}

static void
settings_compare(struct comparison *c, const struct conf_table *t, const struct conf_block *at,
    const struct conf_block *a, const struct conf_block *b)
{
	for (size_t i = 0; t->settings != NULL && t->settings[i].name != NULL; i++)
		if (t->settings[i].restart && !same_values(a, b, t->settings[i].name))
			complain(c, at, a, b, &t->settings[i]);
}

static void blocks_compare(struct comparison *, const struct conf_table *,
    const struct conf_block *a, const struct conf_block *b);

/* A block that is there once, on one side at least. */
static void
single_compare(struct comparison *c, const struct conf_table *t, const struct conf_block *a_in,
    const struct conf_block *b_in)
{
	const struct conf_block *none = conf_first(conf_top(c->defaults), t->name);
	const struct conf_block *a = conf_first(a_in, t->name), *b = conf_first(b_in, t->name);

	if (a != NULL && b != NULL) {
		settings_compare(c, t, b, a, b);
		blocks_compare(c, t, a, b);
	} else if (none != NULL && a != NULL)
		settings_compare(c, t, b_in, a, none);
	else if (none != NULL && b != NULL)
		settings_compare(c, t, b, none, b);
}

/* A named one that comes or goes is taken; what it says is compared where both have it. */
static void
named_compare(struct comparison *c, const struct conf_table *t, const struct conf_block *a_in,
    const struct conf_block *b_in)
{
	for (const struct conf_block *b = conf_first(b_in, t->name); b != NULL; b = conf_next(b)) {
		const struct conf_block *a = conf_find(a_in, t->name, span_str(conf_name(b)));

		if (a == NULL)
			continue;
		settings_compare(c, t, b, a, b);
		blocks_compare(c, t, a, b);
	}
}

static void
blocks_compare(struct comparison *c, const struct conf_table *t, const struct conf_block *a,
    const struct conf_block *b)
{
	for (const struct conf_table *const *in = t->blocks; in != NULL && *in != NULL; in++)
		if ((*in)->named)
			named_compare(c, *in, a, b);
		else
			single_compare(c, *in, a, b);
}

/* What may be missing there is not asked: only defaults are read of it. */
static struct conf *
defaults_read(const struct conf_table *top)
{
	struct conf *conf;
	struct buf text;

	buf_init(&text, 64 * 1024);
	for (const struct conf_table *const *t = top->blocks; t != NULL && *t != NULL; t++)
		if (!(*t)->named)
			buf_printf(&text, "%s {\n}\n", (*t)->name);
	conf = conf_read_text(top, "defaults", buf_all(&text));
	buf_free(&text);
	return conf;
}

void
restart_only_check(const struct conf *in_force, struct conf *next)
{
	const struct conf_table *top = house_table();
	struct conf *defaults = defaults_read(top);
	struct comparison c = { in_force, next, defaults };

	settings_compare(&c, top, conf_top(next), conf_top(in_force), conf_top(next));
	blocks_compare(&c, top, conf_top(in_force), conf_top(next));
	conf_free(defaults);
}
