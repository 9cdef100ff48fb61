#include "conf_read.h"

#include <stdlib.h>

static void body(struct conf_reader *, struct conf_block *, bool opened, unsigned depth);

static void
lexer_says(struct conf_reader *r, struct conf_block *b, const struct conf_spot *spot)
{
	const struct conf_problem *p = &r->source->lex.problem;

	conf_wrong(r->conf, b, spot, p->remedy.text, "%s", p->what.text);
}

static enum conf_token_kind
next(struct conf_reader *r, struct conf_token *t)
{
	if (!r->has_held)
		return conf_lex_next(&r->source->lex, t);
	r->has_held = false;
	*t = r->held;
	return t->kind;
}

static void
hold(struct conf_reader *r, const struct conf_token *t)
{
	r->held = *t;
	r->has_held = true;
}

/* Past the end of a block whose contents mean nothing to us; it is open already. */
static void
skip_block(struct conf_reader *r)
{
	struct conf_token t;
	unsigned depth = 1;

	while (depth > 0 && next(r, &t) != TOKEN_END) {
		if (t.kind == TOKEN_OPEN)
			depth++;
		else if (t.kind == TOKEN_CLOSE)
			depth--;
	}
}

static void
push_word(struct conf_reader *r, const struct conf_token *t)
{
	if (r->words_n == r->words_cap) {
		r->words_cap = r->words_cap == 0 ? 32 : r->words_cap * 2;
		r->words = reallocarray(r->words, r->words_cap, sizeof(*r->words));
		if (r->words == NULL)
			fatal("out of memory for the words of a line");
	}
	r->words[r->words_n++] = *t;
}

/* The words of a statement that began with first; what ended it. *bad: one of them was none. */
static enum conf_token_kind
gather(struct conf_reader *r, struct conf_block *b, const struct conf_token *first, bool *bad)
{
	struct conf_token t = *first;

	*bad = false;
	r->words_n = 0;
	do {
		if (t.kind == TOKEN_BAD) {
			conf_veil(r, b, &t);
			lexer_says(r, b, &t.spot);
			*bad = true;
		} else
			push_word(r, &t);
		next(r, &t);
	} while (t.kind == TOKEN_WORD || t.kind == TOKEN_BAD);
	if (t.kind == TOKEN_CLOSE)
		hold(r, &t);
	return t.kind;
}

/* The name of the block that the words open; what is wrong with it is told. */
static struct span
block_name(struct conf_reader *r, struct conf_block *b, const struct conf_table *t)
{
	const struct conf_token *w = r->words;
	struct span name = r->words_n > 1 && t->named ? w[1].text : span_of("", 0);
	const char *form =
	    arena_printf(r->conf->arena, "write: %s%s {", t->name, t->named ? " NAME" : "");

	if (t->named && r->words_n > 1 && (name.n == 0 || name.n > CONF_NAME_BYTES))
		conf_wrong(r->conf, b, &w[1].spot, form, "a name of %zu bytes, not 1 to %d", name.n,
		    CONF_NAME_BYTES);
	else if (t->named && r->words_n == 1)
		conf_wrong(r->conf, b, &w[0].spot, form, "block \"%s\" without a name", t->name);
	else if (r->words_n > (t->named ? 2 : 1))
		conf_wrong(r->conf, b, &w[t->named ? 2 : 1].spot, form, "block \"%s\" takes %s",
		    t->name, t->named ? "one name" : "no name");
	return name;
}

static void
check_double(
    struct conf_reader *r, struct conf_block *b, const struct conf_table *t, struct span name)
{
	const struct conf_token *w = r->words;
	const struct conf_block *twin = NULL;
	const char *remedy;

	if (t->single)
		twin = conf_first(b, t->name);
	else if (t->named && name.n > 0)
		twin = conf_tree_find(r->conf, b, t, name);
	if (twin == NULL)
		return;
	remedy = arena_printf(
	    r->conf->arena, "the first is at %s:%u", twin->spot.place.file, twin->spot.place.line);
	if (t->named && !t->single)
		conf_wrong(
		    r->conf, b, &w[1].spot, remedy, "a second %s \"%.*s\"", t->name, SPAN(name));
	else
		conf_wrong(r->conf, b, &w[0].spot, remedy, "a second block \"%s\"", t->name);
}

static void
block(struct conf_reader *r, struct conf_block *b, unsigned depth)
{
	const struct conf_table *t = conf_table_block(b->table, r->words[0].text);
	struct span name;

	if (t == NULL || depth >= CONF_BLOCK_DEPTH) {
		if (t != NULL)
			conf_wrong(r->conf, b, &r->words[0].spot, "", "blocks nested too deep");
		else if (conf_table_setting(b->table, r->words[0].text) >= 0)
			conf_wrong(r->conf, b, &r->words[0].spot, "take its braces away",
			    "\"%.*s\" is a setting, not a block", SPAN(r->words[0].text));
		else
			conf_unknown(r, b, "block");
		skip_block(r);
		return;
	}
	name = block_name(r, b, t);
	check_double(r, b, t, name);
	body(r, conf_tree_block(r->conf, b, t, name, &r->words[0].spot), true, depth + 1);
}

/* A block's name without its brace; the brace may have gone to a later line. */
static void
brace_missing(struct conf_reader *r, struct conf_block *b, unsigned depth)
{
	struct conf_token t;

	conf_wrong(r->conf, b, &r->words[0].spot, "put \"{\" at the end of this line",
	    "block \"%.*s\" without \"{\"", SPAN(r->words[0].text));
	while (next(r, &t) == TOKEN_LINE)
		;
	if (t.kind == TOKEN_OPEN)
		block(r, b, depth);
	else
		hold(r, &t);
}

static void
include(struct conf_reader *r, struct conf_block *b)
{
	struct conf_token held = r->held, pattern;
	bool has_held = r->has_held;

	if (r->words_n != 2) {
		conf_wrong(r->conf, b, &r->words[0].spot, "write: include conf.d/*.conf",
		    "include takes one file or pattern");
		return;
	}
	pattern = r->words[1];
	r->has_held = false; /* what is held belongs to this source */
	conf_include(r, b, &pattern);
	r->held = held;
	r->has_held = has_held;
}

/* A statement with a word that is none: it counts as having stood there, and no more. */
static void
lost_statement(struct conf_reader *r, struct conf_block *b, enum conf_token_kind end)
{
	ptrdiff_t i = conf_table_setting(b->table, r->words[0].text);

	if (i >= 0)
		b->entries[i].tried = true;
	if (end == TOKEN_OPEN)
		skip_block(r);
}

static void
statement(
    struct conf_reader *r, struct conf_block *b, const struct conf_token *first, unsigned depth)
{
	bool bad;
	enum conf_token_kind end = gather(r, b, first, &bad);
	struct span name = r->words[0].text;

	if (bad) {
		lost_statement(r, b, end);
		return;
	}
	if (end == TOKEN_OPEN)
		block(r, b, depth);
	else if (span_is(name, "include"))
		include(r, b);
	else if (conf_table_block(b->table, name) != NULL)
		brace_missing(r, b, depth);
	else
		conf_setting(r, b);
}

/* A line of which nothing can be used; if it opened a block, that is past use too. */
static void
lost_line(struct conf_reader *r, struct conf_block *b, struct conf_token *t)
{
	lexer_says(r, b, &t->spot);
	if (next(r, t) == TOKEN_OPEN)
		skip_block(r);
	else
		hold(r, t);
}

static void
body(struct conf_reader *r, struct conf_block *b, bool opened, unsigned depth)
{
	struct conf_token t;

	for (;;) {
		switch (next(r, &t)) {
		case TOKEN_LINE:
			break;
		case TOKEN_WORD:
			statement(r, b, &t, depth);
			break;
		case TOKEN_BAD:
			lost_line(r, b, &t);
			break;
		case TOKEN_OPEN:
			conf_wrong(r->conf, b, &t.spot, "write the block's name before it",
			    "\"{\" without a block");
			skip_block(r);
			break;
		case TOKEN_CLOSE:
			if (opened)
				return;
			conf_wrong(r->conf, b, &t.spot, "delete it, or open the block it ends",
			    "\"}\" without a block");
			break;
		case TOKEN_END:
			if (opened)
				conf_wrong(r->conf, b, &b->spot, "end it with \"}\"",
				    "block \"%s\" is not closed", b->table->name);
			return;
		}
	}
}

void
conf_parse(struct conf_reader *r, struct conf_block *b)
{
	unsigned depth = 0;

	for (const struct conf_block *at = b; at->parent != NULL; at = at->parent)
		depth++;
	body(r, b, false, depth);
}
