#include "conf_read.h"

#include <string.h>

int
conf_default(const struct conf_setting *s, const struct conf_from *from, struct conf *c,
    struct conf_entry *e, struct err *err)
{
	struct conf_lex lex;
	struct conf_token t;
	struct conf_problem p;

	conf_lex_init(&lex, "default", span_str(s->def), from->arena);
	while (conf_lex_next(&lex, &t) == TOKEN_WORD) {
		struct conf_item item = { .spot = { .place = { .file = "default" } } };

		if (conf_value_parse(s, t.text, from, &item.value, &p) == -1)
			return err_set(err, "%.200s (%.200s)", p.what.text, p.remedy.text);
		if (e->n > 0 && !s->list)
			return err_set(err, "more than one value");
		conf_tree_add(c, e, &item);
	}
	if (t.kind == TOKEN_BAD)
		return err_set(err, "%.200s", lex.problem.what.text);
	e->is_default = true;
	return 0;
}

/* Where a missing setting is missed: the head of its block. */
static void
missing(struct conf *c, struct conf_block *b, const struct conf_setting *s)
{
	const char *remedy =
	    arena_printf(c->arena, "add \"%s\": %s", s->name, conf_type_example(s->type));

	if (b->table->name == NULL)
		conf_wrong(c, b, &b->spot, remedy, "\"%s\" is missing", s->name);
	else if (b->table->named)
		conf_wrong(c, b, &b->spot, remedy, "\"%s\" is missing in %s \"%s\"", s->name,
		    b->table->name, b->name);
	else
		conf_wrong(
		    c, b, &b->spot, remedy, "\"%s\" is missing in %s", s->name, b->table->name);
}

static void
fill(struct conf *c, struct conf_block *b)
{
	struct conf_from from = { .folder = c->folder, .arena = c->arena };
	struct err err;

	for (size_t i = 0; i < conf_table_size(b->table); i++) {
		const struct conf_setting *s = &b->table->settings[i];
		struct conf_entry *e = &b->entries[i];

		if (e->n > 0)
			continue;
		if (s->required && !e->tried)
			missing(c, b, s);
		else if (s->def != NULL && conf_default(s, &from, c, e, &err) == -1)
			conf_wrong(c, b, &b->spot, "a fault of the program: report it",
			    "the default of \"%s\" is wrong: %s", s->name, err.text);
	}
	for (struct conf_block *in = b->first; in != NULL; in = in->next)
		fill(c, in);
}

/* The tables' own checks, the inner blocks first; a block with errors would only lead to more of them. */
static void
check(struct conf *c, const struct conf_block *b)
{
	for (const struct conf_block *in = b->first; in != NULL; in = in->next)
		check(c, in);
	if (b->errors == 0 && b->table->check != NULL)
		b->table->check(c, b);
}

void
conf_finish(struct conf *c)
{
	fill(c, c->top);
	if (!c->hand_over) /* a part lacks what the checks would look for; the whole passed them */
		check(c, c->top);
}
