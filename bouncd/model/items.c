#include "items.h"

#include "buf.h"
#include "../parse/bounce_parse.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAYS_BYTES = 12, MAIL_BYTES = 64 << 20, ALIKE_PERCENT = 85, PATH_BYTES = 4096 };

void
items_init(struct items *all)
{
	*all = (struct items){ .arena = arena_new(0) };
}

static struct item *
item_new(struct items *all, enum item_source source)
{
	if (all->n == all->room) {
		all->room = all->room == 0 ? 1024 : all->room * 2;
		all->list = realloc(all->list, all->room * sizeof(*all->list));
		if (all->list == NULL)
			fatal("out of memory for items");
	}
	all->list[all->n] = (struct item){ .source = source, .permanent = true };
	return &all->list[all->n++];
}

static struct span
member(struct items *all, const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	return arena_span(all->arena, span_of(json_string_value(j), json_string_length(j)));
}

/* False: the truth has no class and category, or words this program does not know. */
static bool
truth(struct items *all, struct item *it, const json_t *o)
{
	int category = category_of(member(all, o, "category")),
	    class = class_of(member(all, o, "class"));
	const json_t *j;
	size_t i;

	if (category <= 0 || class <= 0)
		return false;
	it->category = (enum category)category;
	it->class = (enum verdict_class) class;
	json_array_foreach(json_object_get(o, "category_also"), i, j)
	{
		int also = category_of(span_str(json_string_value(j)));
		if (also > 0 && it->n_also < ITEM_ALSO_MAX)
			it->also[it->n_also++] = (enum category)also;
	}
	j = json_array_get(json_object_get(o, "class_also"), 0);
	class = class_of(span_str(json_string_value(j)));
	it->class_also = class > 0 ? (enum verdict_class) class : it->class;
	return true;
}

static FILE *
open_file(const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		err_sys(err, "%s", path);
	return f;
}

int
items_replies(struct items *all, const char *path, struct err *err)
{
	FILE *f = open_file(path, err);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (f == NULL)
		return -1;
	while ((n = getline(&line, &cap, f)) > 0) {
		json_t *o = json_loadb(line, (size_t)n, 0, NULL);
		struct item *it = item_new(all, ITEM_REPLY);

		it->shown = member(all, o, "reply");
		it->n_texts = 1;
		said_reply(&it->texts[0], it->shown, all->arena);
		if (it->shown.n == 0 || !truth(all, it, o))
			all->n--;
		json_decref(o);
	}
	free(line);
	fclose(f);
	return 0;
}

static struct span
read_mail(struct items *all, const char *folder, const char *name)
{
	char path[PATH_BYTES];
	struct buf b;
	struct span s;
	char *room;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((f = fopen(path, "re")) == NULL)
		return span_of(NULL, 0);
	buf_init(&b, MAIL_BYTES);
	while ((room = buf_room(&b, 65536)) != NULL && (n = fread(room, 1, 65536, f)) > 0)
		buf_grew(&b, n);
	fclose(f);
	s = arena_span(all->arena, buf_all(&b));
	buf_free(&b);
	return s;
}

static void
item_of_recipient(struct items *all, const struct came_back *c, const json_t *o)
{
	struct span address = member(all, o, "address");

	for (const struct came_recipient *r = c->recipients; r != NULL; r = r->next) {
		struct item *it;

		if (!span_eq_nocase(r->address, address))
			continue;
		it = item_new(all, ITEM_MAIL);
		it->mail = c;
		it->recipient = r;
		it->permanent = c->kind == KIND_BOUNCE && r->action != ACTION_DELAYED;
		it->n_texts = judge_texts(c, r, it->texts, all->arena);
		it->shown = item_text(it)->text;
		if (!truth(all, it, o))
			all->n--;
		return;
	}
}

int
items_mails(struct items *all, const char *truth_path, const char *folder, struct err *err)
{
	FILE *f = open_file(truth_path, err);
	char *line = NULL;
	size_t cap = 0, i;
	ssize_t n;

	if (f == NULL)
		return -1;
	while ((n = getline(&line, &cap, f)) > 0) {
		json_t *o = json_loadb(line, (size_t)n, 0, NULL), *r;
		const char *name = json_string_value(json_object_get(o, "file"));
		struct came_back *c = arena_alloc(all->arena, sizeof(*c));

		if (name != NULL) {
			bounce_parse(c, read_mail(all, folder, name), all->arena);
			json_array_foreach(json_object_get(o, "recipients"), i, r)
			    item_of_recipient(all, c, r);
		}
		json_decref(o);
	}
	free(line);
	fclose(f);
	return 0;
}

static void
item_own(struct items *all, enum category category, struct span reply)
{
	struct item *it = item_new(all, ITEM_OWN);

	it->category = category;
	it->n_texts = 1;
	it->shown = arena_span(all->arena, reply);
	said_reply(&it->texts[0], it->shown, all->arena);
	it->permanent = it->texts[0].code >= 500 || it->texts[0].code == 0;
}

/* Words that say no reason are something to learn too. */
static int
category_or_none(struct span word)
{
	return span_is(word, "none") ? CATEGORY_NONE : category_of(word);
}

int
items_phrases(struct items *all, const char *path, struct err *err)
{
	FILE *f = open_file(path, err);
	char *line = NULL;
	size_t cap = 0;
	unsigned at = 0;
	ssize_t n;

	while (f != NULL && (n = getline(&line, &cap, f)) > 0) {
		struct span s = span_trim(span_of(line, (size_t)n)), reply;
		int category;

		at++;
		if (s.n == 0 || s.p[0] == '#')
			continue;
		category = category_or_none(span_word(s, &reply));
		if (category < 0 || span_trim(reply).n == 0) {
			fclose(f);
			return err_set(
			    err, "%s:%u: a category and a reply stand on a line", path, at);
		}
		item_own(all, (enum category)category, span_trim(reply));
	}
	free(line);
	return f == NULL ? -1 : fclose(f);
}

void
items_examples(struct items *all, const struct rules *rs)
{
	for (size_t i = 0; i < rules_count(rs); i++)
		for (size_t j = 0; j < rules_examples(rs, i); j++)
			item_own(all, rules_at(rs, i)->category, span_str(rules_example(rs, i, j)));
}

/* How many of a hundred word features two texts share. */
static unsigned
alike(const struct features *a, const struct features *b)
{
	unsigned na = a->n - a->n_codes, nb = b->n - b->n_codes, both = 0;

	if (na * 100 < nb * ALIKE_PERCENT || nb * 100 < na * ALIKE_PERCENT)
		return 0;
	for (unsigned i = a->n_codes; i < a->n; i++)
		for (unsigned j = b->n_codes; j < b->n; j++)
			if (a->hash[i] == b->hash[j]) {
				both++;
				break;
			}
	return na + nb == both ? 100 : both * 100 / (na + nb - both);
}

void
items_group(struct items *all)
{
	struct features *f = calloc(all->n + 1, sizeof(*f));

	if (f == NULL)
		fatal("out of memory for groups");
	for (size_t i = 0; i < all->n; i++) {
		struct item *it = &all->list[i];
		size_t j = 0;

		features_of(&f[i], item_text(it), NULL, it->permanent);
		while (j < i && alike(&f[i], &f[j]) < ALIKE_PERCENT)
			j++;
		it->group = j < i ? all->list[j].group : (unsigned)i;
		it->fold = (it->group * 2654435761u >> 8) % ITEM_FOLDS;
	}
	free(f);
}

const struct said *
item_text(const struct item *it)
{
	for (unsigned i = 0; i < it->n_texts; i++)
		if (it->texts[i].text.n > SAYS_BYTES)
			return &it->texts[i];
	return &it->texts[0];
}

bool
item_category_right(const struct item *it, const struct verdict *v)
{
	for (unsigned i = 0; i < it->n_also; i++)
		if (v->category == it->also[i])
			return true;
	return v->category == it->category;
}

bool
item_class_right(const struct item *it, const struct verdict *v)
{
	return v->class == it->class || v->class == it->class_also;
}
