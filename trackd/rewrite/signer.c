#include "signer.h"
#include "arena.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <stdlib.h>

enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	GONE_MS = 5000, /* until the master has put a new signer in the place of a dead one */
	KEYS_MS = 60000 /* until one that is there has read all its keys, which may be thousands */
};

struct signer {
	struct chan *chan; /* NULL: no signer now */
	struct arena *arena;
	struct signer_key *keys; /* told: in order of tenant, domain, number */
	size_t keys_n, keys_cap;
	bool told; /* KEYS_END came */
	bool awaited;
	struct timer *patience;
	void (*answered)(void *, uint64_t, bool, struct span);
	void (*settled)(void *);
	void *ctx;
};

static void
await(struct signer *s, uint64_t ms)
{
	s->awaited = true;
	timer_set_ms(s->patience, ms);
}

static void
settle(void *ctx)
{
	struct signer *s = ctx;

	s->awaited = false;
	timer_clear(s->patience);
	s->settled(s->ctx);
}

static void
key(struct signer *s, struct msg *m)
{
	struct sign_key told;

	if (sign_key_get(m, &told) == -1) {
		chan_bad(s->chan, "a record that is not a valid KEY");
		return;
	}
	if (s->keys_n == s->keys_cap) {
		s->keys_cap = s->keys_cap == 0 ? 64 : s->keys_cap * 2;
		s->keys = reallocarray(s->keys, s->keys_cap, sizeof(*s->keys));
		if (s->keys == NULL)
			fatal("out of memory for the keys");
	}
	s->keys[s->keys_n++] = (struct signer_key){ .number = told.key,
		.tenant = arena_span(s->arena, told.tenant),
		.domain = arena_lower(s->arena, told.domain),
		.selector = arena_span(s->arena, told.selector),
		.algorithm = told.algorithm };
}

static int
by_domain(const struct signer_key *a, const struct signer_key *b)
{
	int order = span_cmp(a->tenant, b->tenant);

	return order != 0 ? order : span_cmp(a->domain, b->domain);
}

static int
in_order(const void *a, const void *b)
{
	const struct signer_key *x = a, *y = b;
	int order = by_domain(x, y);

	return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

static void
on_signer(void *ctx, struct chan *c, struct msg *m)
{
	struct signer *s = ctx;
	struct sign_done done;

	switch (m->type) {
	case SIGN_KEY:
		key(s, m);
		break;
	case SIGN_KEYS_END:
		if (s->keys_n > 0)
			qsort(s->keys, s->keys_n, sizeof(*s->keys), in_order);
		s->told = true;
		settle(s);
		break;
	case SIGN_DONE:
		if (sign_done_get(m, &done) == 0) {
			s->answered(s->ctx, done.job, done.ok, done.signature);
			break;
		}
		/* fall through */
	default:
		chan_bad(c, "a record of the signer's that is none");
	}
}

/* Every job that waits fails and is tried again by queued. */
static void
on_signer_gone(void *ctx, struct chan *c, const char *why)
{
	struct signer *s = ctx;

	(void)c;
	log_info("signer-gone", "why=\"%s\"", why);
	s->chan = NULL;
	s->told = false;
	await(s, GONE_MS);
	s->answered(s->ctx, 0, false, span_of(NULL, 0));
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	struct signer *s = ctx;

	(void)instance;
	if (s->chan !=
	    NULL) { /* another took its place: what it was asked is not answered any more */
		chan_free(s->chan);
		s->answered(s->ctx, 0, false, span_of(NULL, 0));
	}
	arena_reset(s->arena);
	s->keys_n = 0;
	s->told = false;
	await(s, KEYS_MS);
	s->chan = chan_new(fd, "trackd-sign", QUEUE_BYTES, on_signer, on_signer_gone, s);
}

struct signer *
signer_new(struct role *role, void (*answered)(void *, uint64_t, bool, struct span),
    void (*settled)(void *), void *ctx)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the signer");
	s->arena = arena_new(0);
	s->answered = answered;
	s->settled = settled;
	s->patience = timer_new(settle, s);
	await(s, GONE_MS);
	s->ctx = ctx;
	role_on_peer(role, ROLE_SIGN, connected, s);
	return s;
}

bool
signer_ready(const struct signer *s)
{
	return s->chan != NULL && s->told;
}

bool
signer_awaited(const struct signer *s)
{
	return s->awaited && !signer_ready(s);
}

static unsigned
keys_of(const struct signer *s, struct span tenant, struct span domain,
    const struct signer_key *out[SIGNER_KEYS_A_MESSAGE])
{
	struct signer_key want = { .tenant = tenant, .domain = domain };
	size_t lo = 0, hi = s->keys_n;
	unsigned n = 0;

	while (lo < hi) { /* the first of that domain */
		size_t mid = lo + (hi - lo) / 2;

		if (by_domain(&s->keys[mid], &want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < s->keys_n && n < SIGNER_KEYS_A_MESSAGE && by_domain(&s->keys[lo], &want) == 0;
	     lo++)
		out[n++] = &s->keys[lo];
	return n;
}

unsigned
signer_keys_for(const struct signer *s, struct span tenant, struct span domain,
    const struct signer_key *out[SIGNER_KEYS_A_MESSAGE])
{
	unsigned n = 0;

	while (n == 0 && domain.n > 0) {
		n = keys_of(s, tenant, domain, out);
		(void)span_cut(domain, '.', &domain);
	}
	return n;
}

void
signer_ask(struct signer *s, uint64_t job, const struct signer_key *k, struct span digest)
{
	sign_ask_put(s->chan, &(struct sign_ask){ job, k->number, k->tenant, digest });
}
