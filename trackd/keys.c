#include "keys.h"
#include "hex.h"

#include <string.h>

enum { MASTERS_MAX = 16 };

struct master {
	uint8_t id;
	uint8_t bytes[TOKEN_MASTER_BYTES];
};

static int
master_parse(struct span line, struct master *m, struct err *err)
{
	struct span rest, number = span_word(line, &rest), hex = span_trim(rest);
	uint64_t id;

	if (span_u64(number, 255, &id) == -1 || hex.n != 2 * sizeof(m->bytes))
		return err_set(err, "tracking.key: a line is not \"number 64-hex-digits\"");
	m->id = (uint8_t)id;
	if (hex_bytes(hex, m->bytes, sizeof(m->bytes)) == -1)
		return err_set(
		    err, "tracking.key: key %u has a character that is no hex digit", m->id);
	return 0;
}

static int
masters_parse(struct span text, struct master *masters, struct err *err)
{
	int n = 0;

	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (n == MASTERS_MAX)
			return err_set(err, "tracking.key: more than %d keys", MASTERS_MAX);
		if (master_parse(line, &masters[n++], err) == -1)
			return -1;
	}
	return n;
}

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
	struct master masters[MASTERS_MAX];
	int n = masters_parse(text, masters, err);

	if (n == -1)
		return -1;
	*t = (struct tenant_keys){ .keys = arena_alloc(
				       arena, sizeof(*t->keys) * tenants_count(conf) * (size_t)n) };
	for (int i = 0; i < n; i++)
		for (const struct conf_block *b = conf_first(conf_top(conf), "tenant"); b != NULL;
		     b = conf_next(b)) {
			struct tenant_key *k = &t->keys[t->n++];

			k->tenant = arena_strdup(arena, conf_name(b));
			if (token_key_derive(masters[i].bytes, masters[i].id, span_str(k->tenant),
				&k->key, err) == -1)
				return -1;
			k->sealer = token_sealer_new(&k->key);
		}
	explicit_bzero(masters, sizeof(masters));
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
