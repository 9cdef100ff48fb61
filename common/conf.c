#include "conf_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

unsigned
conf_errors(const struct conf *c)
{
	return c->errors.n;
}

struct span
conf_messages(const struct conf *c)
{
	return buf_all(&c->errors.text);
}

const struct conf_block *
conf_top(const struct conf *c)
{
	return c->top;
}

/* From b on, the first of that kind. */
static const struct conf_block *
of_kind(const struct conf_block *b, struct span kind)
{
	while (b != NULL && !span_is(kind, b->table->name))
		b = b->next;
	return b;
}

const struct conf_block *
conf_first(const struct conf_block *b, const char *kind)
{
	return of_kind(b->first, span_str(kind));
}

const struct conf_block *
conf_next(const struct conf_block *b)
{
	return of_kind(b->next, span_str(b->table->name));
}

const struct conf_block *
conf_find(const struct conf_block *b, const char *kind, struct span name)
{
	const struct conf_table *t = conf_table_block(b->table, span_str(kind));

	return t == NULL ? NULL : conf_tree_find(b->conf, b, t, name);
}

const char *
conf_name(const struct conf_block *b)
{
	return b->name;
}

struct conf_place
conf_block_place(const struct conf_block *b)
{
	return b->spot.place;
}

static const struct conf_entry *
entry(const struct conf_block *b, const char *setting)
{
	ptrdiff_t i = conf_table_setting(b->table, span_str(setting));

	if (i < 0)
		fatal("block \"%s\" has no setting \"%s\" in its table",
		    b->table->name == NULL ? "" : b->table->name, setting);
	return &b->entries[i];
}

/* The value i, which must be one of that kind; NULL: there is none. */
static const struct conf_value *
value_at(const struct conf_block *b, const char *setting, size_t i)
{
	const struct conf_entry *e = entry(b, setting);

	return i < e->n ? &e->items[i].value : NULL;
}

bool
conf_is_set(const struct conf_block *b, const char *setting)
{
	const struct conf_entry *e = entry(b, setting);

	return e->n > 0 && !e->is_default;
}

size_t
conf_count(const struct conf_block *b, const char *setting)
{
	return entry(b, setting)->n;
}

const char *
conf_str_at(const struct conf_block *b, const char *setting, size_t i)
{
	const struct conf_value *v = value_at(b, setting, i);

	return v == NULL ? "" : v->text;
}

const char *
conf_str(const struct conf_block *b, const char *setting)
{
	return conf_str_at(b, setting, 0);
}

uint64_t
conf_num(const struct conf_block *b, const char *setting)
{
	const struct conf_value *v = value_at(b, setting, 0);

	return v == NULL ? 0 : v->num;
}

bool
conf_bool(const struct conf_block *b, const char *setting)
{
	return conf_num(b, setting) != 0;
}

struct conf_rate
conf_rate(const struct conf_block *b, const char *setting)
{
	const struct conf_value *v = value_at(b, setting, 0);

	if (v == NULL || v->per_s == 0)
		return (struct conf_rate){ 0, 1 };
	return (struct conf_rate){ v->num, v->per_s };
}

bool
conf_secret_is_inline(const struct conf_block *b, const char *setting)
{
	const struct conf_value *v = value_at(b, setting, 0);

	return v != NULL && v->file == NULL && !v->unread;
}

const struct conf_network *
conf_network_at(const struct conf_block *b, const char *setting, size_t i)
{
	const struct conf_value *v = value_at(b, setting, i);

	must(v != NULL && v->network != NULL);
	return v->network;
}

const struct conf_address *
conf_address_at(const struct conf_block *b, const char *setting, size_t i)
{
	const struct conf_value *v = value_at(b, setting, i);

	must(v != NULL && v->address != NULL);
	return v->address;
}

struct conf_place
conf_place(const struct conf_block *b, const char *setting)
{
	const struct conf_entry *e = entry(b, setting);

	if (e->n == 0 || e->is_default)
		return (struct conf_place){ "default", 0, 0 };
	return e->items[0].spot.place;
}

/* What stands behind a newline is the remedy. */
static void
split_remedy(struct conf_problem *p)
{
	char *nl = strchr(p->what.text, '\n');

	if (nl == NULL)
		return;
	err_set(&p->remedy, "%s", nl + 1);
	*nl = '\0';
}

static void __attribute__((format(printf, 3, 0)))
complain(struct conf *c, const struct conf_spot *spot, const char *fmt, va_list ap)
{
	struct conf_problem problem = { .at = 0 };

	vsnprintf(problem.what.text, sizeof(problem.what.text), fmt, ap);
	split_remedy(&problem);
	conf_errors_add(&c->errors, spot, &problem);
}

/* The i-th value, or the block where there is none that was written. */
static const struct conf_spot *
spot_of(const struct conf_block *b, const char *setting, size_t i)
{
	const struct conf_entry *e = setting == NULL ? NULL : entry(b, setting);

	return e == NULL || i >= e->n || e->is_default ? &b->spot : &e->items[i].spot;
}

void
conf_complain(struct conf *c, const struct conf_block *b, const char *setting, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, spot_of(b, setting, 0), fmt, ap);
	va_end(ap);
}

void
conf_complain_at(
    struct conf *c, const struct conf_block *b, const char *setting, size_t i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, spot_of(b, setting, i), fmt, ap);
	va_end(ap);
}
