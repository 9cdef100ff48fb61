#include "remembered.h"

#include "err.h"

#include <stdlib.h>
#include <string.h>

struct place {
	struct remembered_key key; /* its text is in the place's own memory */
	uint64_t hash;
	struct verdict verdict;
	size_t room;
};

struct remembered {
	struct place places[REMEMBERED_PLACES];
};

struct remembered *
remembered_new(void)
{
	struct remembered *r = calloc(1, sizeof(*r));

	if (r == NULL)
		fatal("out of memory for remembered verdicts");
	return r;
}

void
remembered_free(struct remembered *r)
{
	for (size_t i = 0; r != NULL && i < REMEMBERED_PLACES; i++)
		free((char *)(uintptr_t)r->places[i].key.text.p);
	free(r);
}

static uint64_t
hash_of(const struct remembered_key *k)
{
	uint64_t codes = (uint64_t)k->code << 40 ^ (uint64_t)k->status.class << 36 ^
			 (uint64_t)k->status.subject << 20 ^ (uint64_t)k->status.detail << 4 ^
			 k->permanent ^ (uintptr_t)k->provider;
	uint64_t h = (span_hash(k->text) ^ codes) * 0x9e3779b97f4a7c15u;

	return h ^ h >> 29;
}

static bool
same(const struct remembered_key *a, const struct remembered_key *b)
{
	return a->code == b->code && a->permanent == b->permanent && a->provider == b->provider &&
	       a->status.class == b->status.class && a->status.subject == b->status.subject &&
	       a->status.detail == b->status.detail && span_eq(a->text, b->text);
}

const struct verdict *
remembered_get(const struct remembered *r, const struct remembered_key *k)
{
	uint64_t h = hash_of(k);
	const struct place *p = &r->places[h % REMEMBERED_PLACES];

	if (p->hash != h || p->room == 0 || !same(&p->key, k))
		return NULL;
	return &p->verdict;
}

void
remembered_put(struct remembered *r, const struct remembered_key *k, const struct verdict *v)
{
	uint64_t h = hash_of(k);
	struct place *p = &r->places[h % REMEMBERED_PLACES];
	char *text = (char *)(uintptr_t)p->key.text.p;

	if (k->text.n > REMEMBERED_TEXT_MAX)
		return;
	if (p->room < k->text.n || p->room == 0) {
		p->room = k->text.n + 1;
		if ((text = realloc(text, p->room)) == NULL)
			fatal("out of memory for remembered verdicts");
	}
	if (k->text.n > 0)
		memcpy(text, k->text.p, k->text.n);
	p->key = *k;
	p->key.text = span_of(text, k->text.n);
	p->hash = h;
	p->verdict = *v;
}
