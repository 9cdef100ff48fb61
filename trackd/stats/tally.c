#include "tally.h"
#include "err.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_FIRST = 256 };

/* Names come from strangers: a key of its own for each process. */
static uint64_t
hash_of(struct span key)
{
	static struct siphash_key secret;

	if (secret.k0 == 0 && getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
		secret.k0 = 1;
	return siphash(&secret, key);
}

static void
grow(struct tally *t)
{
	size_t n = t->slots_n == 0 ? SLOTS_FIRST : t->slots_n * 2;
	struct tally_row **slots = calloc(n, sizeof(struct tally_row *)), *r, *next;

	if (slots == NULL)
		fatal("out of memory for a tally");
	for (size_t i = 0; i < t->slots_n; i++)
		for (r = t->slots[i]; r != NULL; r = next) {
			next = r->next;
			r->next = slots[r->hash & (n - 1)];
			slots[r->hash & (n - 1)] = r;
		}
	free((void *)t->slots);
	t->slots = slots;
	t->slots_n = n;
}

struct tally_row *
tally_at(struct tally *t, struct span key)
{
	struct tally_row *r;
	uint64_t hash;

	key = span_first(key, TALLY_KEY_MAX);
	hash = hash_of(key);
	if (t->rows_n >= t->slots_n)
		grow(t);
	for (r = t->slots[hash & (t->slots_n - 1)]; r != NULL; r = r->next)
		if (r->hash == hash && span_eq(tally_key(r), key))
			return r;
	r = calloc(1, sizeof(*r) + key.n);
	if (r == NULL)
		fatal("out of memory for a tally");
	r->hash = hash;
	r->key_n = (uint16_t)key.n;
	if (key.n > 0)
		memcpy(r->key, key.p, key.n);
	r->next = t->slots[hash & (t->slots_n - 1)];
	t->slots[hash & (t->slots_n - 1)] = r;
	t->rows_n++;
	return r;
}

void
tally_each(const struct tally *t, void (*each)(void *ctx, const struct tally_row *), void *ctx)
{
	for (size_t i = 0; i < t->slots_n; i++)
		for (const struct tally_row *r = t->slots[i]; r != NULL; r = r->next)
			each(ctx, r);
}

const struct tally_row **
tally_sorted(const struct tally *t, int (*order)(const void *, const void *))
{
	const struct tally_row **rows = calloc(t->rows_n + 1, sizeof(struct tally_row *));
	size_t n = 0;

	if (rows == NULL)
		fatal("out of memory for a tally");
	for (size_t i = 0; i < t->slots_n; i++)
		for (const struct tally_row *r = t->slots[i]; r != NULL; r = r->next)
			rows[n++] = r;
	qsort((void *)rows, n, sizeof(struct tally_row *), order);
	return rows;
}

void
tally_reset(struct tally *t)
{
	struct tally_row *next;

	for (size_t i = 0; i < t->slots_n; i++) {
		for (struct tally_row *r = t->slots[i]; r != NULL; r = next) {
			next = r->next;
			free(r);
		}
		t->slots[i] = NULL;
	}
	t->rows_n = 0;
}

void
tally_free(struct tally *t)
{
	tally_reset(t);
	free((void *)t->slots);
	*t = (struct tally){ .slots = NULL };
}
