#include "rules.h"
#include "bouncd_conf.h"
#include "dead.h"
#include "pattern.h"

#include <string.h>

/* What a condition weighs when two rules of one rank match: all lesser ones together never outweigh a greater. */
enum { BY_PROVIDER = 64, BY_MATCH = 32, BY_STATUS_PART = 4, BY_CODE_EXACT = 2, BY_CODE = 1 };

struct provider {
	const char *name;
	struct span *mx; /* globs; ends with n 0 */
	struct pattern *match;
};

struct rules {
	struct arena *arena;
	struct conf *conf; /* owns names and patterns' texts */
	struct provider *providers;
	struct rule *rules;
	size_t n_providers, n_rules;
	struct pattern *masks;
	char *unnamed; /* SAID_TEXT_MAX + 16 bytes */
	struct dead *dead;
	struct remembered *remembered;
};

struct winner {
	struct rule *rule;
	size_t matched; /* bytes it covered */
	bool tie;       /* another of the same rank and specificity matched as much */
};

/* "550" "55x" "5xx" */
static bool
code_range(struct rule *r, struct span s)
{
	uint16_t lo = 0, hi = 0;

	if (s.n != 3 || s.p[0] < '2' || s.p[0] > '5')
		return false;
	for (size_t i = 0; i < 3; i++) {
		bool any = s.p[i] == 'x' || s.p[i] == 'X';
		if (!any && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
		lo = (uint16_t)(lo * 10 + (any ? 0 : s.p[i] - '0'));
		hi = (uint16_t)(hi * 10 + (any ? 9 : s.p[i] - '0'));
	}
	r->code_min = lo;
	r->code_max = hi;
	r->specific += lo == hi ? BY_CODE_EXACT : BY_CODE;
	return true;
}

static bool
status_parts(struct rule *r, struct span s)
{
	if (!status_read(s, r->status))
		return false;
	for (int i = 0; i < 3; i++)
		r->specific += r->status[i] < 0 ? 0 : BY_STATUS_PART;
	return true;
}

typedef int pattern_adder(struct pattern **, const char *, struct arena *, struct err *);

static struct pattern *
patterns(struct rules *rs, const struct conf_block *b, const char *setting, pattern_adder *add)
{
	struct pattern *list = NULL;
	struct err err;

	for (size_t i = 0; i < conf_count(b, setting); i++)
		if (add(&list, conf_str_at(b, setting, i), rs->arena, &err) < 0)
			conf_complain(rs->conf, b, setting, "%s", err.text);
	return list;
}

static void
read_conditions(struct rules *rs, struct rule *r, const struct conf_block *b)
{
	r->status[0] = -2;
	if (conf_is_set(b, "code") && !code_range(r, span_str(conf_str(b, "code"))))
		conf_complain(rs->conf, b, "code", "not a reply code: 550, 55x or 5xx");
	if (conf_is_set(b, "status") && !status_parts(r, span_str(conf_str(b, "status"))))
		conf_complain(rs->conf, b, "status", "not an enhanced status: 5.1.1 or 5.1.*");
	if (conf_is_set(b, "provider")) {
		r->provider = conf_str(b, "provider");
		r->specific += BY_PROVIDER;
		if (conf_find(conf_top(rs->conf), "provider", span_str(r->provider)) == NULL)
			conf_complain(rs->conf, b, "provider", "there is no such provider block");
	}
	r->match = patterns(rs, b, "match", pattern_add_at_word);
	r->but_not = patterns(rs, b, "but-not", pattern_add_at_word);
	if (r->match != NULL)
		r->specific += BY_MATCH;
	if (r->specific == 0)
		conf_complain(
		    rs->conf, b, NULL, "a rule needs a condition: match, status, code or provider");
}

static void
read_rule(struct rules *rs, struct rule *r, const struct conf_block *b)
{
	r->name = conf_name(b);
	r->place = conf_block_place(b);
	r->source = conf_is_set(b, "source") ? conf_str(b, "source") : NULL;
	r->block = b;
	r->rank = (unsigned)conf_num(b, "rank");
	if (conf_is_set(b, "class"))
		r->class = (enum verdict_class)class_of(span_str(conf_str(b, "class")));
	if (conf_is_set(b, "category"))
		r->category = (enum category)category_of(span_str(conf_str(b, "category")));
	if (conf_is_set(b, "advice"))
		r->advice = (enum advice)advice_of(span_str(conf_str(b, "advice")));
	r->retry_s = (uint32_t)conf_num(b, "retry");
	r->fix = conf_is_set(b, "fix") ? conf_str(b, "fix") : NULL;
	read_conditions(rs, r, b);
}

static void
read_provider(struct rules *rs, struct provider *p, const struct conf_block *b)
{
	size_t n = conf_count(b, "mx");

	p->name = conf_name(b);
	p->mx = arena_alloc(rs->arena, (n + 1) * sizeof(*p->mx));
	for (size_t i = 0; i < n; i++)
		p->mx[i] = span_str(conf_str_at(b, "mx", i));
	p->match = patterns(rs, b, "match", pattern_add);
}

static size_t
count_blocks(const struct conf_block *top, const char *kind)
{
	size_t n = 0;

	for (const struct conf_block *b = conf_first(top, kind); b != NULL; b = conf_next(b))
		n++;
	return n;
}

static void
read_mask(struct rules *rs, const struct conf_block *b, const char *text)
{
	struct err err;

	if (pattern_add(&rs->masks, text, rs->arena, &err) < 0)
		conf_complain(rs->conf, b, "match", "%s", err.text);
}

static void
read_blocks(struct rules *rs)
{
	const struct conf_block *top = conf_top(rs->conf), *b;

	rs->providers =
	    arena_alloc(rs->arena, (count_blocks(top, "provider") + 1) * sizeof(*rs->providers));
	for (b = conf_first(top, "provider"); b != NULL; b = conf_next(b))
		read_provider(rs, &rs->providers[rs->n_providers++], b);
	rs->rules = arena_alloc(rs->arena, (count_blocks(top, "rule") + 1) * sizeof(*rs->rules));
	for (b = conf_first(top, "rule"); b != NULL; b = conf_next(b))
		read_rule(rs, &rs->rules[rs->n_rules++], b);
	for (b = conf_first(top, "mask"); b != NULL; b = conf_next(b))
		for (size_t i = 0; i < conf_count(b, "match"); i++)
			read_mask(rs, b, conf_str_at(b, "match", i));
	rs->unnamed = arena_alloc(rs->arena, SAID_TEXT_MAX + 16);
	rs->dead = dead_read(rs->conf, rs->arena);
}

static bool
serves(const struct provider *p, struct span mx)
{
	for (const struct span *g = p->mx; g->n > 0; g++)
		if (span_glob(*g, mx))
			return true;
	return false;
}

const char *
rules_provider_of_mx(const struct rules *rs, struct span mx)
{
	for (size_t i = 0; mx.n > 0 && i < rs->n_providers; i++)
		if (serves(&rs->providers[i], mx))
			return rs->providers[i].name;
	return NULL;
}

const char *
rules_provider(struct rules *rs, struct span mx, const struct said *sd)
{
	const char *name = rules_provider_of_mx(rs, mx);
	struct pattern_words words;

	if (name != NULL)
		return name;
	pattern_words(&words, sd->text);
	for (size_t i = 0; i < rs->n_providers; i++)
		if (pattern_match(rs->providers[i].match, &words) > 0)
			return rs->providers[i].name;
	return NULL;
}

static bool
conditions_hold(const struct rule *r, const char *provider, const struct said *sd)
{
	if (r->code_max != 0 && (sd->code < r->code_min || sd->code > r->code_max))
		return false;
	if (r->status[0] != -2 && (sd->status.class == 0 || !status_is(sd->status, r->status[0],
								r->status[1], r->status[2])))
		return false;
	return r->provider == NULL || (provider != NULL && strcmp(provider, r->provider) == 0);
}

/* More than 0: r beats the winner so far. */
static int
beats(const struct rule *r, size_t matched, const struct winner *w)
{
	if (w->rule == NULL || r->rank != w->rule->rank)
		return w->rule == NULL || r->rank > w->rule->rank ? 1 : -1;
	if (r->specific != w->rule->specific)
		return r->specific > w->rule->specific ? 1 : -1;
	return matched == w->matched ? 0 : matched > w->matched ? 1 : -1;
}

/* Looks no closer at a rule that could not win. */
static struct winner
contest(struct rules *rs, const char *provider, const struct said *sd)
{
	struct winner w = { 0 };
	struct pattern_words words;

	pattern_words(&words, sd->text);
	for (size_t i = 0; i < rs->n_rules; i++) {
		struct rule *r = &rs->rules[i];
		size_t matched = 0;
		int better;

		if (!conditions_hold(r, provider, sd) || beats(r, SIZE_MAX, &w) < 0)
			continue;
		if (r->match != NULL && (matched = pattern_match(r->match, &words)) == 0)
			continue;
		better = beats(r, matched, &w);
		if (better < 0 || pattern_match(r->but_not, &words) > 0)
			continue;
		if (better > 0)
			w = (struct winner){ r, matched, false };
		else
			w.tie = true;
	}
	return w;
}

struct rule *
rules_find(struct rules *rs, const char *provider, const struct said *sd)
{
	return contest(rs, provider, sd).rule;
}

struct rule *
rules_named(struct rules *rs, const char *name)
{
	for (size_t i = 0; i < rs->n_rules; i++)
		if (strcmp(rs->rules[i].name, name) == 0)
			return &rs->rules[i];
	return NULL;
}

struct remembered *
rules_remembered(struct rules *rs)
{
	if (rs->remembered == NULL)
		rs->remembered = remembered_new();
	return rs->remembered;
}

struct span
rules_unnamed(struct rules *rs, struct span text)
{
	static const struct span mask = { "<@>", 3 };
	struct pattern_words words;
	size_t from, to;

	pattern_words(&words, text);
	if (!pattern_find(rs->masks, &words, &from, &to) ||
	    text.n - (to - from) + mask.n > SAID_TEXT_MAX)
		return text;
	memcpy(rs->unnamed, text.p, from);
	memcpy(rs->unnamed + from, mask.p, mask.n);
	memcpy(rs->unnamed + from + mask.n, text.p + to, text.n - to);
	return span_of(rs->unnamed, text.n - (to - from) + mask.n);
}

static void
check_masks(struct rules *rs, struct arena *a)
{
	const struct conf_block *b = conf_first(conf_top(rs->conf), "mask");

	for (; b != NULL; b = conf_next(b))
		for (size_t i = 0; i < conf_count(b, "example"); i++) {
			struct said sd;

			said_reply(&sd, span_str(conf_str_at(b, "example", i)), a);
			if (rules_unnamed(rs, sd.text).p == sd.text.p)
				conf_complain(rs->conf, b, "example", "\"%.80s\" has no such name",
				    conf_str_at(b, "example", i));
		}
}

const char *
rules_doubt(struct rules *rs, const struct said *sd, const struct rule *r)
{
	return dead_doubt(rs->dead, sd, r != NULL && r->class == CLASS_HARD ? r->match : NULL);
}

static void
check_example(struct rules *rs, const struct conf_block *b, const struct rule *r,
    const char *example, struct arena *a)
{
	struct winner w;
	struct said sd;
	const char *provider;

	said_reply(&sd, span_str(example), a);
	provider = rules_provider(rs, span_of(NULL, 0), &sd);
	w = contest(rs, provider != NULL ? provider : r->provider, &sd);
	if (w.rule == NULL)
		conf_complain(rs->conf, b, "example", "\"%.80s\" does not match its rule", example);
	else if (w.rule != r)
		conf_complain(
		    rs->conf, b, "example", "\"%.80s\" is won by rule %s", example, w.rule->name);
	else if (w.tie)
		conf_complain(rs->conf, b, "example",
		    "\"%.80s\" is matched as well by another rule", example);
}

static void
check_examples(struct rules *rs)
{
	const struct conf_block *b = conf_first(conf_top(rs->conf), "rule");
	struct arena *a = arena_new(0);

	check_masks(rs, a);
	for (size_t i = 0; i < rs->n_rules; i++, b = conf_next(b)) {
		for (size_t j = 0; j < conf_count(b, "example"); j++)
			check_example(rs, b, &rs->rules[i], conf_str_at(b, "example", j), a);
		arena_reset(a);
	}
	arena_free(a);
}

struct rules *
rules_load(const char *path, struct span text, struct buf *messages, struct err *err)
{
	struct rules *rs;
	struct arena *a = arena_new(0);

	rs = arena_alloc(a, sizeof(*rs));
	rs->arena = a;
	rs->conf = text.p != NULL ? conf_read_text(&bounces_conf, path, text)
				  : conf_read(&bounces_conf, path);
	if (conf_errors(rs->conf) == 0)
		read_blocks(rs);
	if (conf_errors(rs->conf) == 0)
		check_examples(rs);
	if (conf_errors(rs->conf) == 0)
		return rs;
	if (messages != NULL)
		buf_span(messages, conf_messages(rs->conf));
	err_set(err, "%.*s", SPAN(span_first(conf_messages(rs->conf), 400)));
	rules_free(rs);
	return NULL;
}

void
rules_free(struct rules *rs)
{
	if (rs == NULL)
		return;
	for (size_t i = 0; i < rs->n_rules; i++) {
		pattern_free(rs->rules[i].match);
		pattern_free(rs->rules[i].but_not);
	}
	for (size_t i = 0; i < rs->n_providers; i++)
		pattern_free(rs->providers[i].match);
	pattern_free(rs->masks);
	dead_free(rs->dead);
	remembered_free(rs->remembered);
	conf_free(rs->conf);
	arena_free(rs->arena);
}

size_t
rules_count(const struct rules *rs)
{
	return rs->n_rules;
}

const struct rule *
rules_at(const struct rules *rs, size_t i)
{
	return &rs->rules[i];
}

size_t
rules_examples(const struct rules *rs, size_t i)
{
	return conf_count(rs->rules[i].block, "example");
}

const char *
rules_example(const struct rules *rs, size_t i, size_t j)
{
	return conf_str_at(rs->rules[i].block, "example", j);
}
