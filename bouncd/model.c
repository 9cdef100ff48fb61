#include "model.h"

#include "crc32c.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET_BITS = 12, BUCKETS = 1 << BUCKET_BITS, SURE_AT_MOST = 97 };

struct model {
	const struct model_row *rows;
	uint32_t n, first[BUCKETS + 1]; /* rows by the upper bits of their hash */
	double scale;
	int32_t bias[MODEL_CATEGORIES];
};

static uint32_t
bucket_of(uint32_t hash)
{
	return hash >> (32 - BUCKET_BITS);
}

static int
check(struct span b, const struct model_head *h, struct err *err)
{
	size_t want = sizeof(*h) + sizeof(int32_t) * MODEL_CATEGORIES +
		      sizeof(struct model_row) * h->rows + sizeof(uint32_t);
	uint32_t sum;

	if (memcmp(h->magic, "phmodel1", sizeof(h->magic)) != 0)
		return err_set(err, "no file of weights");
	if (h->categories != MODEL_CATEGORIES || h->rows > MODEL_ROWS_MAX || h->scale == 0 ||
	    b.n != want)
		return err_set(err, "weights of another make: train anew");
	memcpy(&sum, b.p + b.n - sizeof(sum), sizeof(sum));
	if (sum != crc32c(0, span_first(b, b.n - sizeof(sum))))
		return err_set(err, "weights that were changed since they were written");
	return 0;
}

/* -1: the rows are not in order. */
static int
index_rows(struct model *m)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		if (i > 0 && m->rows[i].hash <= m->rows[i - 1].hash)
			return -1;
		while (at <= bucket_of(m->rows[i].hash))
			m->first[at++] = i;
	}
	while (at <= BUCKETS)
		m->first[at++] = m->n;
	return 0;
}

struct model *
model_open(struct span b, struct err *err)
{
	struct model_head head;
	struct model *m;

	if (b.n < sizeof(head) || (uintptr_t)b.p % sizeof(uint32_t) != 0) {
		err_set(err, "no file of weights");
		return NULL;
	}
	memcpy(&head, b.p, sizeof(head));
	if (check(b, &head, err) == -1)
		return NULL;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		fatal("out of memory for the model");
	m->n = head.rows;
	m->scale = 1000.0 / head.scale;
	memcpy(m->bias, b.p + sizeof(head), sizeof(m->bias));
	m->rows = (const struct model_row *)(const void *)(b.p + sizeof(head) + sizeof(m->bias));
	if (index_rows(m) == 0)
		return m;
	err_set(err, "weights out of order");
	free(m);
	return NULL;
}

void
model_free(struct model *m)
{
	free(m);
}

static const struct model_row *
row_of(const struct model *m, uint32_t hash)
{
	uint32_t b = bucket_of(hash);

	for (uint32_t i = m->first[b]; i < m->first[b + 1]; i++)
		if (m->rows[i].hash == hash)
			return &m->rows[i];
	return NULL;
}

static unsigned
sum_up(const struct model *m, const uint32_t *hash, unsigned n, int32_t sum[MODEL_CATEGORIES])
{
	unsigned known = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct model_row *r = row_of(m, hash[i]);

		if (r == NULL)
			continue;
		known++;
		for (int c = 0; c < MODEL_CATEGORIES; c++)
			sum[c] += r->weight[c];
	}
	return known;
}

/* Logits become shares of one. */
static void
softmax(double p[MODEL_CATEGORIES])
{
	double top = p[0], all = 0;

	for (int c = 0; c < MODEL_CATEGORIES; c++)
		top = p[c] > top ? p[c] : top;
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		all += p[c] = exp(p[c] - top);
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		p[c] /= all;
}

static uint8_t
percent(double share)
{
	return share * 100 > SURE_AT_MOST ? SURE_AT_MOST : (uint8_t)(share * 100);
}

struct guess
model_guess(const struct model *m, const struct features *f)
{
	struct guess g = { CATEGORY_NONE, 0, 0 };
	int32_t by_code[MODEL_CATEGORIES] = { 0 }, by_word[MODEL_CATEGORIES] = { 0 };
	double p[MODEL_CATEGORIES], hard = 0;
	int best = 0;

	(void)sum_up(m, f->hash, f->n_codes, by_code);
	if (sum_up(m, f->hash + f->n_codes, f->n - f->n_codes, by_word) == 0)
		return g;
	for (int c = 0; c < MODEL_CATEGORIES; c++)
		p[c] = m->scale * (m->bias[c] + by_code[c] + by_word[c] * features_word_value(f));
	softmax(p);
	for (int c = 0; c < MODEL_CATEGORIES; c++) {
		best = p[c] > p[best] ? c : best;
		hard += category_is_hard((enum category)c) ? p[c] : 0;
	}
	g.category = (enum category)best;
	g.confidence = percent(p[best]);
	g.hard = percent(hard);
	return g;
}
