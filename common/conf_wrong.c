#include "conf_read.h"

#include <stdarg.h>
#include <stdio.h>

void
conf_wrong(struct conf *c, struct conf_block *b, const struct conf_spot *spot, const char *remedy,
    const char *fmt, ...)
{
	struct conf_problem p = { .at = 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p.what.text, sizeof(p.what.text), fmt, ap);
	va_end(ap);
	err_set(&p.remedy, "%s", remedy);
	conf_errors_add(&c->errors, spot, &p);
	for (; b != NULL; b = b->parent)
		b->errors++;
}

const char *
conf_inside(struct conf_reader *r, const struct conf_block *b)
{
	if (b->table->name == NULL)
		return "";
	if (!b->table->named)
		return arena_printf(r->conf->arena, " in %s", b->table->name);
	return arena_printf(r->conf->arena, " in %s \"%s\"", b->table->name, b->name);
}

/* The block in which that setting, or block, could stand; NULL: none. */
static const char *
home_of(const struct conf_table *t, struct span name, unsigned depth)
{
	const char *home = NULL;

	for (size_t i = 0; t->blocks != NULL && t->blocks[i] != NULL && depth > 0; i++) {
		const struct conf_table *in = t->blocks[i];

		if (conf_table_setting(in, name) >= 0 || conf_table_block(in, name) != NULL)
			return in->name;
		home = home_of(in, name, depth - 1);
		if (home != NULL)
			return home;
	}
	return NULL;
}

static const char *
guess(struct conf_reader *r, const struct conf_table *t, struct span name)
{
	struct conf_guess g = { .given = name };
	const struct conf_table *top = r->conf->top->table;
	const char *home = home_of(top, name, CONF_BLOCK_DEPTH / 4);

	if (home != NULL)
		return arena_printf(r->conf->arena, "it belongs in a block \"%s\"", home);
	if (conf_table_setting(top, name) >= 0 || conf_table_block(top, name) != NULL)
		return "it belongs outside of all blocks";
	for (size_t i = 0; i < conf_table_size(t); i++)
		conf_guess_try(&g, t->settings[i].name);
	for (size_t i = 0; t->blocks != NULL && t->blocks[i] != NULL; i++)
		conf_guess_try(&g, t->blocks[i]->name);
	conf_guess_try(&g, "include");
	if (g.best == NULL)
		return "see the manual for what may stand here";
	return arena_printf(r->conf->arena, "did you mean \"%s\"?", g.best);
}

void
conf_unknown(struct conf_reader *r, struct conf_block *b, const char *what)
{
	const struct conf_token *t = &r->words[0];

	conf_wrong(r->conf, b, &t->spot, guess(r, b->table, t->text), "unknown %s \"%.*s\"%s", what,
	    SPAN(span_first(t->text, 80)), conf_inside(r, b));
}
