#include "keys.h"
#include "key_ring.h"

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

int
tenant_keys_make(struct tenant_keys *t, const struct conf *conf, struct span text,
    struct arena *arena, struct err *err)
{
	struct key_ring masters;

	if (key_ring_read(&masters, text, TRACKING_KEY_ID_MAX, err) == -1)
		return err_context(err, "tracking.key");
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
	explicit_bzero(&masters, sizeof(masters));
	return 0;
}

struct tenant_key *
tenant_keys_for(const struct tenant_keys *t, struct span tenant)
{
	for (size_t i = 0; i < t->n; i++)
		if (span_is(tenant, t->keys[i].tenant))
			return &t->keys[i];
	return NULL;
}
