#include "fit.h"

#include "crc32c.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fit_settings fit_defaults = {
	.rounds = 40, .rows = 11000, .rate = 0.3, .decay = 0.003, .sharpness = 0.85, .own = 1
};

struct weight {
	float w[MODEL_CATEGORIES], g[MODEL_CATEGORIES]; /* value; sum of squared gradients */
};

struct sample {
	struct features f;
	unsigned at[FEATURES_MAX]; /* of its features among the weights */
	const struct item *item;
};

struct fitting {
	const struct fit_settings *set;
	struct sample *samples;
	size_t n;
	uint32_t *hashes; /* in order, each once */
	unsigned n_hashes;
	struct weight *weights, bias;
};

static void *
need(void *p)
{
	if (p == NULL)
		fatal("out of memory for weights");
	return p;
}

/* An item of our own may say what an item of the fold says: then it would give the answer away. */
static bool
like_the_fold(const struct items *all, const struct item *it, int fold)
{
	if (it->source != ITEM_OWN)
		return (int)it->fold == fold;
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].group == it->group && all->list[i].source != ITEM_OWN)
			return (int)it->fold == fold;
	return false;
}

static void
take_samples(struct fitting *t, const struct items *all, struct rules *rs, int fold)
{
	t->samples = need(calloc(all->n + 1, sizeof(*t->samples)));
	for (size_t i = 0; i < all->n; i++) {
		const struct item *it = &all->list[i];
		const struct said *sd = item_text(it);
		struct sample *s = &t->samples[t->n];
		struct span mx =
		    it->recipient != NULL ? it->recipient->remote_mta : span_of(NULL, 0);

		if (sd->text.n == 0 || (fold >= 0 && like_the_fold(all, it, fold)))
			continue;
		s->item = it;
		features_of(&s->f, sd, rules_provider(rs, mx, sd), it->permanent);
		t->n++;
	}
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
index_features(struct fitting *t)
{
	size_t n = 0;

	t->hashes = need(calloc(t->n * FEATURES_MAX + 1, sizeof(*t->hashes)));
	for (size_t i = 0; i < t->n; i++)
		for (unsigned j = 0; j < t->samples[i].f.n; j++)
			t->hashes[n++] = t->samples[i].f.hash[j];
	qsort(t->hashes, n, sizeof(*t->hashes), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || t->hashes[i] != t->hashes[t->n_hashes - 1])
			t->hashes[t->n_hashes++] = t->hashes[i];
	for (size_t i = 0; i < t->n; i++)
		for (unsigned j = 0; j < t->samples[i].f.n; j++) {
			uint32_t *p = bsearch(&t->samples[i].f.hash[j], t->hashes, t->n_hashes,
			    sizeof(*t->hashes), by_number);
			t->samples[i].at[j] = (unsigned)(p - t->hashes);
		}
	t->weights = need(calloc(t->n_hashes + 1, sizeof(*t->weights)));
}

static double
value_of(const struct sample *s, unsigned j)
{
	return j < s->f.n_codes ? 1.0 : features_word_value(&s->f);
}

/* What the truth asks for: the word itself most, others that are accepted too a little. */
static double
wanted(const struct item *it, int c)
{
	double rest = it->n_also > 0 ? 0.25 : 0;

	if (c == (int)it->category)
		return 1 - rest;
	for (unsigned i = 0; i < it->n_also; i++)
		if (c == (int)it->also[i])
			return rest / it->n_also;
	return 0;
}

static void
shares(const struct fitting *t, const struct sample *s, double p[MODEL_CATEGORIES])
{
	double top = -1e9, all = 0;

	for (int c = 0; c < MODEL_CATEGORIES; c++)
		p[c] = t->bias.w[c];
	for (unsigned j = 0; j < s->f.n; j++)
		for (int c = 0; c < MODEL_CATEGORIES; c++)
			p[c] += t->weights[s->at[j]].w[c] * value_of(s, j);
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		top = fmax(top, p[c]);
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		all += p[c] = exp(p[c] - top);
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		p[c] /= all;
}

static void
step(struct weight *w, int c, double gradient, double rate)
{
	w->g[c] += (float)(gradient * gradient);
	w->w[c] -= (float)(rate * gradient / sqrt(w->g[c] + 1e-4));
}

static void
learn(struct fitting *t, const struct sample *s)
{
	double p[MODEL_CATEGORIES], counts = s->item->source == ITEM_OWN ? t->set->own : 1;

	shares(t, s, p);
	for (int c = 0; c < MODEL_CATEGORIES; c++) {
		double off = (p[c] - wanted(s->item, c)) * counts;

		step(&t->bias, c, off, t->set->rate);
		for (unsigned j = 0; j < s->f.n; j++)
			step(&t->weights[s->at[j]], c, off * value_of(s, j), t->set->rate);
	}
}

static size_t
common_divisor(size_t a, size_t b)
{
	while (b != 0) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static void
train(struct fitting *t)
{
	for (unsigned round = 0; round < t->set->rounds; round++) {
		/* each round in another order, always the same one: a stride that is prime to n */
		size_t stride = (size_t)(7919 + 2 * round), i = 0;

		while (common_divisor(stride, t->n) > 1)
			stride++;
		for (size_t k = 0; k < t->n; k++, i = (i + stride) % t->n)
			learn(t, &t->samples[i]);
		for (unsigned h = 0; h < t->n_hashes; h++)
			for (int c = 0; c < MODEL_CATEGORIES; c++)
				t->weights[h].w[c] *= (float)(1 - t->set->decay);
	}
}

/* The least weight a row must have so that no more than so many rows are kept. */
static float
threshold(const struct fitting *t, unsigned rows, float *largest)
{
	uint32_t *heights = need(calloc(t->n_hashes + 1, sizeof(*heights)));
	float least;

	*largest = 1e-6f;
	for (unsigned h = 0; h < t->n_hashes; h++) {
		float top = 0;
		for (int c = 0; c < MODEL_CATEGORIES; c++)
			top = fmaxf(top, fabsf(t->weights[h].w[c]));
		*largest = fmaxf(*largest, top);
		heights[h] = (uint32_t)(top * 1e6f);
	}
	qsort(heights, t->n_hashes, sizeof(*heights), by_number);
	least = t->n_hashes > rows ? (float)heights[t->n_hashes - rows] / 1e6f : 0;
	free(heights);
	return least;
}

static bool
row_of(const struct fitting *t, unsigned h, float least, double scale, struct model_row *row)
{
	float top = 0;

	*row = (struct model_row){ .hash = t->hashes[h] };
	for (int c = 0; c < MODEL_CATEGORIES; c++) {
		row->weight[c] = (int8_t)lrint(t->weights[h].w[c] * scale);
		top = fmaxf(top, fabsf(t->weights[h].w[c]));
	}
	return top > least && top * scale >= 0.5;
}

static void
write_file(const struct fitting *t, struct buf *out)
{
	struct model_head head = { .magic = "", .categories = MODEL_CATEGORIES };
	int32_t bias[MODEL_CATEGORIES] = { 0 };
	struct model_row row;
	float largest, least = threshold(t, t->set->rows, &largest);
	double scale = 127 / largest;
	uint32_t sum;

	memcpy(head.magic, "phmodel1", sizeof(head.magic));
	head.scale = (uint32_t)lrint(scale / t->set->sharpness * 1000);
	for (unsigned h = 0; h < t->n_hashes; h++)
		head.rows += row_of(t, h, least, scale, &row);
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		bias[c] = (int32_t)lrint(t->bias.w[c] * scale);
	buf_add(out, &head, sizeof(head));
	buf_add(out, bias, sizeof(bias));
	for (unsigned h = 0; h < t->n_hashes; h++)
		if (row_of(t, h, least, scale, &row))
			buf_add(out, &row, sizeof(row));
	sum = crc32c(0, buf_all(out));
	buf_add(out, &sum, sizeof(sum));
}

void
fit(const struct items *all, struct rules *rs, int fold, const struct fit_settings *set,
    struct buf *out)
{
	struct fitting t = { .set = set };

	take_samples(&t, all, rs, fold);
	index_features(&t);
	train(&t);
	write_file(&t, out);
	free(t.samples);
	free(t.hashes);
	free(t.weights);
}
