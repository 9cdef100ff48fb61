#include "conf_tree.h"

#include <string.h>

enum { LINE_BYTES = 1000 };

struct show {
	struct buf *out;
	enum conf_show form;
	conf_roles roles;
	const char *file; /* hand-over: named last */
};

static void
indent(const struct show *s, unsigned depth)
{
	while (depth-- > 0)
		buf_byte(s->out, '\t');
}

static void
clean(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_byte(out, (unsigned char)*text < ' ' ? '?' : *text);
}

/* The place of what the next line says, for the reader to take back. */
static void
mark(struct show *s, const struct conf_place *p)
{
	if (s->form != CONF_SHOW_HAND_OVER || p->line == 0)
		return;
	buf_printf(s->out, "#@ %u %u", p->line, p->column);
	if (s->file == NULL || strcmp(s->file, p->file) != 0) {
		buf_byte(s->out, ' ');
		clean(s->out, p->file);
		s->file = p->file;
	}
	buf_byte(s->out, '\n');
}

static void
origin(const struct show *s, const struct conf_place *p)
{
	if (s->form != CONF_SHOW_ORIGIN)
		return;
	buf_str(s->out, "  # ");
	clean(s->out, p->file);
	buf_printf(s->out, ":%u", p->line);
}

/* Handed over: what it is; else where it came from. */
static void
secret(const struct show *s, const struct conf_value *v)
{
	struct buf file;

	if (s->form == CONF_SHOW_HAND_OVER) {
		if (!v->unread) {
			buf_byte(s->out, ' ');
			conf_print_word(s->out, span_str(v->text), true);
		}
		return;
	}
	if (v->file == NULL) {
		buf_byte(s->out, ' ');
		conf_print_word(s->out, span_str(v->text), true);
		return;
	}
	buf_init(&file, 8192);
	buf_printf(&file, "file:%s", v->file);
	buf_byte(s->out, ' ');
	conf_print_word(s->out, buf_all(&file), false);
	buf_free(&file);
}

static void
value(const struct show *s, const struct conf_setting *set, const struct conf_value *v)
{
	if (set->type == CONF_SECRET)
		secret(s, v);
	else {
		buf_byte(s->out, ' ');
		conf_print_word(s->out, span_str(v->text), s->form == CONF_SHOW_HAND_OVER);
	}
}

/* Whether b can stand on the line of a: what came from one line stays on one, unless each needs its place. */
static bool
same_line(const struct show *s, const struct conf_item *a, const struct conf_item *b)
{
	return s->form != CONF_SHOW_HAND_OVER && a->spot.place.line == b->spot.place.line &&
	       (a->spot.place.file == b->spot.place.file ||
		   strcmp(a->spot.place.file, b->spot.place.file) == 0);
}

/* One line with as many of the items as belong on it; how many that were. */
static size_t
line(struct show *s, const struct conf_setting *set, const struct conf_item *items, size_t n,
    unsigned depth)
{
	size_t i = 0, start;

	mark(s, &items[0].spot.place);
	indent(s, depth);
	start = s->out->n;
	if (set->type == CONF_SECRET && items[0].value.file == NULL &&
	    s->form != CONF_SHOW_HAND_OVER && s->form != CONF_SHOW_KEEP) {
		buf_printf(s->out, "# %s is set, and not shown\n", set->name);
		return 1;
	}
	buf_str(s->out, set->name);
	do
		value(s, set, &items[i++].value);
	while (i < n && s->out->n - start < LINE_BYTES && same_line(s, &items[0], &items[i]));
	origin(s, &items[0].spot.place);
	buf_byte(s->out, '\n');
	return i;
}

static void
setting(struct show *s, const struct conf_setting *set, const struct conf_entry *e, unsigned depth)
{
	size_t i = 0;

	bool kept = s->form == CONF_SHOW_KEEP && set->type == CONF_PATH;

	if (e->is_default && s->form != CONF_SHOW_DEFAULTS && !kept)
		return;
	while (i < e->n)
		i += line(s, set, e->items + i, e->n - i, depth);
}

static void contents(struct show *, const struct conf_block *, unsigned depth);

static void
block(struct show *s, const struct conf_block *b, unsigned depth)
{
	if (s->roles != 0 && b->table->roles != 0 && (b->table->roles & s->roles) == 0)
		return;
	mark(s, &b->spot.place);
	indent(s, depth);
	buf_str(s->out, b->table->name);
	if (b->table->named) {
		buf_byte(s->out, ' ');
		conf_print_word(s->out, span_str(b->name), s->form == CONF_SHOW_HAND_OVER);
	}
	buf_str(s->out, " {");
	origin(s, &b->spot.place);
	buf_byte(s->out, '\n');
	contents(s, b, depth + 1);
	indent(s, depth);
	buf_str(s->out, "}\n");
}

static void
contents(struct show *s, const struct conf_block *b, unsigned depth)
{
	for (size_t i = 0; i < conf_table_size(b->table); i++)
		setting(s, &b->table->settings[i], &b->entries[i], depth);
	for (const struct conf_block *in = b->first; in != NULL; in = in->next)
		block(s, in, depth);
}

void
conf_show(const struct conf *c, enum conf_show form, conf_roles roles, struct buf *out)
{
	struct show s = { .out = out, .form = form, .roles = roles };

	if (form == CONF_SHOW_HAND_OVER) {
		buf_str(out, CONF_HAND_OVER_MARK);
		clean(out, c->folder);
		buf_byte(out, '\t');
		clean(out, c->path);
		buf_byte(out, '\n');
	}
	contents(&s, c->top, 0);
}
