#include "keys.h"
#include "key_ring.h"

#include <stdlib.h>
#include <string.h>

static size_t
tenants_count(const struct conf *conf)
{
	size_t n = 0;

	for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
	     b = conf_next(b))
		n++;
	return n;
}

static int
heads(const struct tenant_key *a, const uint8_t head[TOKEN_HEAD_BYTES])
{
	uint8_t own[TOKEN_HEAD_BYTES];

	token_key_head(&a->key, own);
	return memcmp(own, head, sizeof(own));
}

static int
by_head(const void *a, const void *b)
{
	uint8_t head[TOKEN_HEAD_BYTES];

	token_key_head(&(*(struct tenant_key *const *)b)->key, head);
	return heads(*(struct tenant_key *const *)a, head);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    (*(struct tenant_key *const *)a)->tenant, (*(struct tenant_key *const *)b)->tenant);
}

static int
name_order(const void *name, const void *key)
{
	return span_cmp(
	    *(const struct span *)name, span_str((*(struct tenant_key *const *)key)->tenant));
}

/* The first so many of the keys, in another order. */
static struct tenant_key **
in_order(const struct tenant_keys *t, size_t n, struct arena *arena,
    int (*order)(const void *, const void *))
{
	struct tenant_key **list = arena_alloc(arena, (n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = &t->keys[i];
	qsort(list, n, sizeof(*list), order);
	return list;
}

int
tenant_keys_make(struct tenant_keys *t, const struct conf *conf, struct span text,
    struct arena *arena, struct err *err)
{
	struct key_ring masters;

	if (key_ring_read(&masters, text, TRACKING_KEY_ID_MAX, err) == -1)
		return err_context(err, "tracking.key");
	if (masters.n == 0 && text.n > 0)
		return err_set(
		    err, "tracking.key: there is no key in it; without the file a start makes one");
	*t = (struct tenant_keys){ .keys = arena_alloc(
				       arena, sizeof(*t->keys) * tenants_count(conf) * masters.n) };
	for (size_t i = 0; i < masters.n; i++)
		for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
		     b = conf_next(b)) {
			struct tenant_key *k = &t->keys[t->n++];

			k->tenant = arena_strdup(arena, conf_name(b));
			if (token_key_derive(masters.at[i].bytes, masters.at[i].id,
				span_str(k->tenant), &k->key, err) == -1)
				return -1;
			k->sealer = token_sealer_new(&k->key);
		}
	t->names = masters.n == 0 ? 0 : t->n / masters.n;
	t->by_head = in_order(t, t->n, arena, by_head);
	t->by_name = in_order(t, t->names, arena, by_name);
	explicit_bzero(&masters, sizeof(masters));
	return 0;
}

struct tenant_key *
tenant_keys_open(
    const struct tenant_keys *t, struct span token, struct buf *scratch, struct token_facts *facts)
{
	uint8_t head[TOKEN_HEAD_BYTES];
	size_t lo = 0, hi = t->n;

	if (token_head(token, head) == -1)
		return NULL;
	while (lo < hi) { /* the first that has this head, which two tenants may share */
		size_t mid = lo + (hi - lo) / 2;

		if (heads(t->by_head[mid], head) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->n && heads(t->by_head[lo], head) == 0; lo++)
		if (token_open(t->by_head[lo]->sealer, token, scratch, facts) == 0)
			return t->by_head[lo];
	return NULL;
}

struct tenant_key *
tenant_keys_for(const struct tenant_keys *t, struct span tenant)
{
	struct tenant_key **k = bsearch(&tenant, t->by_name, t->names, sizeof(*k), name_order);

	return k == NULL ? NULL : *k;
}
