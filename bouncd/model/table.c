#include "table.h"

#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>

enum way {
	RULES_SHIPPED,
	RULES_UNSEEN,
	MODEL_ALONE,
	BOTH_UNSEEN,
	MODEL_UNSEEN_RULES_SHIPPED,
	WAYS
};

static const char *const way_names[WAYS] = {
	"rules, as shipped",
	"rules, unseen",
	"model, unseen",
	"both, unseen",
	"rules as shipped, model unseen",
};

struct score {
	unsigned n, class, category, soft, called_hard, hard, called_soft;
};

struct bin {
	unsigned n, right;
	double promised;
};

/* A pattern and the group whose texts it wins; many: of more than one. */
struct support {
	struct pattern *pattern;
	unsigned group;
	bool many;
};

struct judging {
	const struct items *all;
	struct rules *rules, *none;
	struct support *supports;
	size_t n_supports;
	struct score scores[WAYS][2]; /* by enum item_source: replies, mails */
	struct bin by_rank[10], by_model[10], by_both[10];
	struct arena *arena;
	bool misses;
};

static struct span
mx_of(const struct item *it)
{
	return it->recipient != NULL ? it->recipient->remote_mta : span_of(NULL, 0);
}

static void
support(struct judging *j, struct pattern *p, unsigned group)
{
	for (size_t i = 0; i < j->n_supports; i++) {
		if (j->supports[i].pattern != p)
			continue;
		j->supports[i].many |= j->supports[i].group != group;
		return;
	}
	j->supports[j->n_supports++] = (struct support){ p, group, false };
}

static void
find_supports(struct judging *j)
{
	j->supports = calloc(j->all->n * JUDGE_TEXTS_MAX + 1, sizeof(*j->supports));
	if (j->supports == NULL)
		fatal("out of memory for supports");
	for (size_t i = 0; i < j->all->n; i++) {
		const struct item *it = &j->all->list[i];

		for (unsigned k = 0; it->source != ITEM_OWN && k < it->n_texts; k++) {
			const char *provider = rules_provider(j->rules, mx_of(it), &it->texts[k]);
			struct pattern *by;

			rules_find_by(j->rules, provider, &it->texts[k], &by);
			if (by != NULL)
				support(j, by, it->group);
		}
	}
}

static void
mute(struct judging *j, unsigned group, bool on)
{
	for (size_t i = 0; i < j->n_supports; i++)
		if (!j->supports[i].many && j->supports[i].group == group)
			pattern_mute(j->supports[i].pattern, on);
}

static struct verdict
verdict_of(struct judging *j, struct rules *rs, const struct model *m, const struct item *it)
{
	if (it->mail != NULL)
		return judge_with(rs, m, it->mail, it->recipient, j->arena);
	return classify_with(rs, m, &it->texts[0], span_of(NULL, 0), true);
}

static void
count(struct score *s, const struct item *it, const struct verdict *v)
{
	bool class = item_class_right(it, v);

	s->n++;
	s->class += class;
	s->category += item_category_right(it, v);
	s->soft += it->class == CLASS_SOFT;
	s->hard += it->class == CLASS_HARD;
	s->called_hard += it->class == CLASS_SOFT && !class;
	s->called_soft += it->class == CLASS_HARD && !class;
}

static void
bin_count(struct bin *bins, unsigned percent, bool right)
{
	struct bin *b = &bins[percent >= 100 ? 9 : percent / 10];

	b->n++;
	b->right += right;
	b->promised += percent;
}

static void
judge_item(struct judging *j, const struct model *m, const struct item *it)
{
	bool unseen[WAYS] = { [RULES_UNSEEN] = true, [BOTH_UNSEEN] = true };
	struct verdict v[WAYS];
	const struct rule *r;
	struct pattern *by;

	for (int way = 0; way < WAYS; way++) {
		mute(j, it->group, unseen[way]);
		v[way] = verdict_of(j, way == MODEL_ALONE ? j->none : j->rules,
		    way == RULES_SHIPPED || way == RULES_UNSEEN ? NULL : m, it);
		count(&j->scores[way][it->source], it, &v[way]);
		if (way == RULES_UNSEEN) {
			r = rules_find_by(j->rules,
			    rules_provider(j->rules, mx_of(it), item_text(it)), item_text(it), &by);
			if (r != NULL)
				bin_count(j->by_rank, r->rank * 10,
				    r->category == it->category ||
					item_category_right(it, &v[way]));
		}
		mute(j, it->group, false);
	}
	bin_count(j->by_model, v[MODEL_ALONE].confidence, item_category_right(it, &v[MODEL_ALONE]));
	bin_count(j->by_both, v[BOTH_UNSEEN].confidence, item_category_right(it, &v[BOTH_UNSEEN]));
	if (j->misses &&
	    (!item_category_right(it, &v[BOTH_UNSEEN]) || !item_class_right(it, &v[BOTH_UNSEEN])))
		printf("%s %s %s, not %s %s by %s %u (rules %s by %s; model %s %u): %.*s\n",
		    it->mail != NULL ? "mail" : "reply", class_word(it->class),
		    category_word(it->category), class_word(v[BOTH_UNSEEN].class),
		    category_word(v[BOTH_UNSEEN].category), v[BOTH_UNSEEN].rule,
		    v[BOTH_UNSEEN].confidence, category_word(v[RULES_UNSEEN].category),
		    v[RULES_UNSEEN].rule, category_word(v[MODEL_ALONE].category),
		    v[MODEL_ALONE].confidence, SPAN(span_first(it->shown, 160)));
}

static void
judge_fold(struct judging *j, int fold, const struct fit_settings *set)
{
	struct model *m;
	struct buf bytes;
	struct err err;

	buf_init(&bytes, 64 << 20);
	fit(j->all, j->rules, fold, set, &bytes);
	if ((m = model_open(buf_all(&bytes), &err)) == NULL)
		fatal("%s", err.text);
	for (size_t i = 0; i < j->all->n; i++)
		if (j->all->list[i].source != ITEM_OWN && (int)j->all->list[i].fold == fold) {
			judge_item(j, m, &j->all->list[i]);
			arena_reset(j->arena);
		}
	model_free(m);
	buf_free(&bytes);
}

static double
share(unsigned part, unsigned of)
{
	return of == 0 ? 0 : 100.0 * part / of;
}

static void
print_scores(const struct judging *j)
{
	static const char *const kinds[] = { "replies", "mails" };

	printf("%-32s %7s %7s %9s %12s %12s\n", "", "ITEMS", "CLASS", "CATEGORY", "SOFT AS HARD",
	    "HARD AS SOFT");
	for (int kind = 0; kind < 2; kind++)
		for (int way = 0; way < WAYS; way++) {
			const struct score *s = &j->scores[way][kind];

			if (s->n > 0)
				printf("%-8s%-31s %7u %6.1f%% %8.1f%% %5u %5.1f%% %5u %5.1f%%\n",
				    kinds[kind], way_names[way], s->n, share(s->class, s->n),
				    share(s->category, s->n), s->called_hard,
				    share(s->called_hard, s->soft), s->called_soft,
				    share(s->called_soft, s->hard));
		}
}

static void
print_bins(const char *head, const struct bin *bins, bool ranks)
{
	printf("\n%s\n", head);
	for (unsigned i = 0; i < 10; i++) {
		if (bins[i].n == 0)
			continue;
		if (ranks)
			printf("  rank %u: ", i);
		else
			printf("  said %4.1f%%: ", bins[i].promised / bins[i].n);
		printf("%5.1f%% of %u\n", share(bins[i].right, bins[i].n), bins[i].n);
	}
}

void
table_print(const struct items *all, struct rules *rs, const struct fit_settings *set, bool misses)
{
	struct judging j = { .all = all, .rules = rs, .misses = misses, .arena = arena_new(0) };
	struct err err;

	if ((j.none = rules_load("no rules", SPAN_LIT("\n"), NULL, &err)) == NULL)
		fatal("%s", err.text);
	find_supports(&j);
	for (int fold = 0; fold < ITEM_FOLDS; fold++)
		judge_fold(&j, fold, set);
	print_scores(&j);
	print_bins("Rules by rank, unseen: category right", j.by_rank, true);
	print_bins("Model alone, unseen: category right, by confidence", j.by_model, false);
	print_bins("Both, unseen: category right, by confidence", j.by_both, false);
	rules_free(j.none);
	arena_free(j.arena);
	free(j.supports);
}
