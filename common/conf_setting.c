#include "conf_read.h"

void
conf_veil(struct conf_reader *r, const struct conf_block *b, struct conf_token *t)
{
	const struct conf_token *first = &r->words[0];
	ptrdiff_t i = conf_table_setting(b->table, first->text);
	size_t shown = first->spot.place.column - 1 + first->text.n;

	if (i >= 0 && b->table->settings[i].type == CONF_SECRET && t->spot.line.n > shown)
		t->spot.line.n = shown;
}

static void
take_value(struct conf_reader *r, struct conf_block *b, ptrdiff_t i, const struct conf_token *t)
{
	struct conf_item item = { .spot = t->spot };
	struct conf_problem p;

	if (conf_value_parse(&b->table->settings[i], t->text, &r->source->from, &item.value, &p) ==
	    0) {
		conf_tree_add(r->conf, &b->entries[i], &item);
		return;
	}
	if (p.at > 0 && item.spot.line.n > 0) {
		item.spot.place.column += (uint32_t)p.at + t->quoted;
		item.spot.width = 1;
	}
	conf_wrong(r->conf, b, &item.spot, p.remedy.text, "%s", p.what.text);
}

static void
no_value(struct conf_reader *r, struct conf_block *b, const struct conf_setting *s)
{
	bool withheld = r->conf->hand_over && s->type == CONF_SECRET;

	conf_wrong(r->conf, b, &r->words[0].spot,
	    withheld ? "give that process the right to read the file"
		     : arena_printf(r->conf->arena, "it takes %s", conf_type_example(s->type)),
	    withheld ? "the secret of \"%s\" could not be read by the process that read the file"
		     : "\"%s\" without a value",
	    s->name);
}

/* Whether the words fit the setting in number; if not, that is told. */
static bool
count_fits(struct conf_reader *r, struct conf_block *b, const struct conf_setting *s,
    const struct conf_entry *e)
{
	struct arena *a = r->conf->arena;

	if (r->words_n < 2)
		no_value(r, b, s);
	else if (!r->words[1].quoted && span_is(r->words[1].text, "="))
		conf_wrong(r->conf, b, &r->words[1].spot, "write the value right behind the name",
		    "\"=\" behind \"%s\"", s->name);
	else if (!s->list && r->words_n > 2)
		conf_wrong(r->conf, b, &r->words[2].spot,
		    s->type == CONF_STRING ? "put quotes around text with spaces"
					   : "delete the rest",
		    "\"%s\" takes one value", s->name);
	else if (!s->list && e->tried)
		conf_wrong(r->conf, b, &r->words[0].spot,
		    e->n == 0 ? "delete one of them"
			      : arena_printf(a, "delete it, or the one at %s:%u",
				    e->items[0].spot.place.file, e->items[0].spot.place.line),
		    "\"%s\" is set a second time%s", s->name, conf_inside(r, b));
	else
		return true;
	return false;
}

void
conf_setting(struct conf_reader *r, struct conf_block *b)
{
	ptrdiff_t i = conf_table_setting(b->table, r->words[0].text);
	bool fits;

	if (i < 0) {
		conf_unknown(r, b, "setting");
		return;
	}
	for (size_t w = r->words_n; w-- > 0;)
		if (r->words_n > 2 || r->words[w].quoted ||
		    !span_starts(r->words[r->words_n - 1].text, "file:"))
			conf_veil(r, b, &r->words[w]);
	fits = count_fits(r, b, &b->table->settings[i], &b->entries[i]);
	b->entries[i].tried = true;
	for (size_t w = 1; fits && w < r->words_n; w++)
		take_value(r, b, i, &r->words[w]);
}
