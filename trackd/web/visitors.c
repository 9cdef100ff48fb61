#include "visitors_inside.h"

#include <stdlib.h>
#include <string.h>

/* Symbols of visitors_text.S. */
extern const char visitors_text_begin[], visitors_text_end[];

struct span
visitors_shipped(void)
{
	return span_of(visitors_text_begin, (size_t)(visitors_text_end - visitors_text_begin));
}

int
visit_kind_of(struct span word)
{
	static const char *const names[VISIT_KINDS] = { "open", "click", "unsubscribe", "trap" };

	for (int i = 0; i < VISIT_KINDS; i++)
		if (span_is(word, names[i]))
			return i;
	return -1;
}

const char *
machine_name(enum machine m)
{
	static const char *const names[] = { "no", "unsure", "yes" };

	return names[m];
}

/* ---- reading ---- */

static struct pattern *
patterns(struct visitors *v, const struct conf_block *b, const char *setting)
{
	struct pattern *list = NULL;
	struct err err;

	for (size_t i = 0; i < conf_count(b, setting); i++)
		if (pattern_add(&list, conf_str_at(b, setting, i), v->arena, &err) < 0)
			conf_complain(v->conf, b, setting, "%s", err.text);
	return list;
}

/* The number of the block of that kind and name, in the file's order; -1: there is none. */
static int
number_of(const struct visitors *v, const char *kind, const char *name)
{
	const struct conf_block *b = conf_first(conf_top(v->conf), kind);

	for (int i = 0; b != NULL; i++, b = conf_next(b))
		if (strcmp(conf_name(b), name) == 0)
			return i;
	return -1;
}

static void
read_from(struct visitors *v, struct visitor_rule *r, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "from"); i++) {
		int n = number_of(v, "network", conf_str_at(b, "from", i));

		if (n == -1)
			conf_complain(v->conf, b, "from", "there is no network block \"%s\"",
			    conf_str_at(b, "from", i));
		else if (n < VISITOR_NETWORKS_MAX)
			r->from |= (uint64_t)1 << n;
	}
}

static void
read_follows(struct visitors *v, struct visitor_rule *r, const struct conf_block *b)
{
	r->follows = arena_alloc(v->arena, (conf_count(b, "follows") + 1) * sizeof(*r->follows));
	for (size_t i = 0; i < conf_count(b, "follows"); i++) {
		int n = number_of(v, "rule", conf_str_at(b, "follows", i));

		if (n == -1)
			conf_complain(v->conf, b, "follows", "there is no rule block \"%s\"",
			    conf_str_at(b, "follows", i));
		else
			r->follows[r->follows_n++] = (uint16_t)n;
	}
}

static int
method_of(struct span word)
{
	return span_is_nocase(word, "get")    ? VISIT_GET
	       : span_is_nocase(word, "head") ? VISIT_HEAD
	       : span_is_nocase(word, "post") ? VISIT_POST
					      : -1;
}

static enum machine
machine_of(struct span word)
{
	return span_is(word, "yes")      ? MACHINE_YES
	       : span_is(word, "unsure") ? MACHINE_UNSURE
					 : MACHINE_NO;
}

static void
read_conditions(struct visitors *v, struct visitor_rule *r, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "kind"); i++)
		r->kinds |= (uint8_t)(1 << visit_kind_of(span_str(conf_str_at(b, "kind", i))));
	r->method = method_of(span_str(conf_str(b, "method")));
	r->agent = patterns(v, b, "agent");
	r->but_not = patterns(v, b, "but-not");
	r->purpose = patterns(v, b, "purpose");
	r->no_language = conf_is_set(b, "language");
	r->sooner_ms = (int64_t)conf_num(b, "sooner-than") * 1000;
	r->later_ms = (int64_t)conf_num(b, "later-than") * 1000;
	r->links = (unsigned)conf_num(b, "links");
	r->span_ms = (uint32_t)conf_num(b, "span") * 1000;
	read_from(v, r, b);
	read_follows(v, r, b);
	if ((r->links > 0 || r->follows_n > 0) && r->span_ms == 0)
		conf_complain(v->conf, b, r->links > 0 ? "links" : "follows",
		    "needs a span: how far it looks back");
}

static void
read_rule(struct visitors *v, struct visitor_rule *r, const struct conf_block *b)
{
	r->number = (uint16_t)(r - v->rules);
	r->block = b;
	r->name = conf_name(b);
	r->reason = conf_is_set(b, "reason") ? conf_str(b, "reason") : r->name;
	r->rank = (unsigned)conf_num(b, "rank");
	r->machine = machine_of(span_str(conf_str(b, "machine")));
	r->back_ms = (uint32_t)conf_num(b, "back") * 1000;
	read_conditions(v, r, b);
}

static int
by_rank(const void *a, const void *b)
{
	const struct visitor_rule *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static size_t
count_blocks(struct visitors *v, const char *kind, size_t most)
{
	const struct conf_block *b = conf_first(conf_top(v->conf), kind);
	size_t n = 0;

	for (; b != NULL; b = conf_next(b))
		if (n++ == most)
			conf_complain(v->conf, b, NULL, "more than %zu %s blocks", most, kind);
	return n < most ? n : most;
}

static void
read_blocks(struct visitors *v)
{
	const struct conf_block *top = conf_top(v->conf), *b = conf_first(top, "network");
	size_t n = count_blocks(v, "network", VISITOR_NETWORKS_MAX);

	v->networks = arena_alloc(v->arena, (n + 1) * sizeof(struct visitor_nets *));
	for (; v->networks_n < n; b = conf_next(b))
		v->networks[v->networks_n++] = visitor_nets_read(b, "address", v->arena);
	n = count_blocks(v, "rule", VISITOR_RULES_MAX);
	v->rules = arena_alloc(v->arena, (n + 1) * sizeof(*v->rules));
	b = conf_first(top, "rule");
	for (; v->rules_n < n; b = conf_next(b))
		read_rule(v, &v->rules[v->rules_n++], b);
	qsort(v->rules, v->rules_n, sizeof(*v->rules), by_rank);
}

/* ---- the examples ---- */

static void
check_example(struct visitors *v, const struct visitor_rule *r, const char *example)
{
	const struct visitor_rule *won;
	struct visit_past past;
	struct visit visit;
	struct err err;

	if (visitors_example(v, span_str(example), &visit, &past, &err) == -1) {
		conf_complain(v->conf, r->block, "example", "%s", err.text);
		return;
	}
	won = visitors_find(v, &visit, &past);
	if (won == NULL)
		conf_complain(
		    v->conf, r->block, "example", "\"%.80s\" does not match its rule", example);
	else if (won != r)
		conf_complain(v->conf, r->block, "example", "\"%.80s\" is decided by rule %s",
		    example, won->name);
}

static void
check_examples(struct visitors *v)
{
	for (size_t i = 0; i < v->rules_n; i++)
		for (size_t j = 0; j < conf_count(v->rules[i].block, "example"); j++)
			check_example(
			    v, &v->rules[i], conf_str_at(v->rules[i].block, "example", j));
}

struct visitors *
visitors_load(const char *path, struct span text, struct buf *messages, struct err *err)
{
	struct arena *a = arena_new(0);
	struct visitors *v = arena_alloc(a, sizeof(*v));

	v->arena = a;
	v->conf = text.p != NULL ? conf_read_text(&visitors_conf, path, text)
				 : conf_read(&visitors_conf, path);
	if (conf_errors(v->conf) == 0)
		read_blocks(v);
	if (conf_errors(v->conf) == 0)
		check_examples(v);
	if (conf_errors(v->conf) == 0)
		return v;
	if (messages != NULL)
		buf_span(messages, conf_messages(v->conf));
	err_set(err, "%.*s", SPAN(span_first(conf_messages(v->conf), 400)));
	visitors_free(v);
	return NULL;
}

void
visitors_free(struct visitors *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->rules_n; i++) {
		pattern_free(v->rules[i].agent);
		pattern_free(v->rules[i].but_not);
		pattern_free(v->rules[i].purpose);
	}
	conf_free(v->conf);
	arena_free(v->arena);
}
