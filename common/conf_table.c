#include "conf_amount.h"
#include "conf_read.h"

#include <string.h>

enum { TABLE_DEPTH = 4 };

static bool
name_ok(const char *name)
{
	if (name[0] < 'a' || name[0] > 'z')
		return false;
	for (; *name != '\0'; name++)
		if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') &&
		    *name != '-')
			return false;
	return true;
}

static bool
is_sentence(const char *help)
{
	size_t n = help == NULL ? 0 : strlen(help);

	return n > 1 && help[n - 1] == '.';
}

static int
default_ok(const struct conf_setting *s, struct err *err)
{
	struct conf *c = conf_tree_new(&(struct conf_table){ .name = NULL }, "default");
	struct conf_from from = { .folder = "/", .arena = c->arena };
	struct conf_entry e = { .n = 0 };
	int result = conf_default(s, &from, c, &e, err);

	if (result == 0 && e.n == 0 && !s->list && s->type != CONF_STRING)
		result = err_set(err, "no value: NULL says that there is no default");
	conf_free(c);
	return result;
}

static int
setting_ok(const struct conf_table *t, size_t i, struct err *err)
{
	const struct conf_setting *s = &t->settings[i];

	if (!name_ok(s->name) || strcmp(s->name, "include") == 0)
		return err_set(err, "a name is a-z, 0-9 and -, and not include");
	if (conf_table_setting(t, span_str(s->name)) != (ptrdiff_t)i ||
	    conf_table_block(t, span_str(s->name)) != NULL)
		return err_set(err, "the name is taken");
	if (!is_sentence(s->help))
		return err_set(err, "its help is no sentence with a full stop");
	if ((s->type == CONF_CHOICE) != (s->choices != NULL))
		return err_set(err, "choices go with the type choice");
	if (s->max != 0 && s->min > s->max)
		return err_set(err, "min above max");
	if ((s->min != 0 || s->max != 0) && !conf_type_ranged(s->type))
		return err_set(err, "a %s has no range", conf_type_word(s->type));
	if (s->def != NULL && (s->required || s->type == CONF_SECRET))
		return err_set(err, "what is required or secret has no default");
	return s->def == NULL ? 0 : default_ok(s, err);
}

static int
table_ok(const struct conf_table *t, unsigned depth, struct err *err)
{
	const char *name = t->name == NULL ? "top" : t->name;

	if (t->name != NULL && (!name_ok(t->name) || !is_sentence(t->help)))
		return err_set(err, "%s: the name or the help of the block", name);
	for (size_t i = 0; i < conf_table_size(t); i++)
		if (setting_ok(t, i, err) == -1)
			return err_context(err, "%s: %s", name, t->settings[i].name);
	for (size_t i = 0; t->blocks != NULL && t->blocks[i] != NULL && depth > 0; i++) {
		if (t->blocks[i]->name == NULL ||
		    conf_table_block(t, span_str(t->blocks[i]->name)) != t->blocks[i])
			return err_set(err, "%s: block %zu has no name of its own", name, i);
		if (table_ok(t->blocks[i], depth - 1, err) == -1)
			return err_context(err, "%s", name);
	}
	return 0;
}

int
conf_table_check(const struct conf_table *t, struct err *err)
{
	return table_ok(t, TABLE_DEPTH, err);
}
