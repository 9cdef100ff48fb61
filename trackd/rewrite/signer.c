#include "signer.h"
#include "arena.h"
#include "err.h"
#include "log.h"

#include <stdlib.h>

enum { KEYS_MAX = 10000, QUEUE_BYTES = 4 * 1024 * 1024 };

struct signer {
	struct chan *chan; /* NULL: no signer now */
	struct arena *arena;
	struct signer_key *keys;
	uint32_t keys_n;
	bool told; /* KEYS_END came */
	void (*answered)(void *, uint64_t, bool, struct span);
	void *ctx;
};

static void
key(struct signer *s, struct msg *m)
{
	struct signer_key *k = &s->keys[s->keys_n];
	struct sign_key told;

	if (sign_key_get(m, &told) == -1 || s->keys_n == KEYS_MAX) {
		chan_bad(s->chan, "a KEY that is none, or too many");
		return;
	}
	*k = (struct signer_key){ .number = told.key,
		.tenant = arena_span(s->arena, told.tenant),
		.domain = arena_span(s->arena, told.domain),
		.selector = arena_span(s->arena, told.selector),
		.algorithm = told.algorithm };
	s->keys_n++;
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
		s->told = true;
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
	log_warn("signer-gone", "why=\"%s\"", why);
	s->chan = NULL;
	s->told = false;
	s->answered(s->ctx, 0, false, span_of(NULL, 0));
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	struct signer *s = ctx;

	(void)instance;
	if (s->chan != NULL)
		chan_free(s->chan);
	arena_reset(s->arena);
	s->keys_n = 0;
	s->told = false;
	s->chan = chan_new(fd, "trackd-sign", QUEUE_BYTES, on_signer, on_signer_gone, s);
}

struct signer *
signer_new(struct role *role, void (*answered)(void *, uint64_t, bool, struct span), void *ctx)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->keys = calloc(KEYS_MAX, sizeof(*s->keys))) == NULL)
		fatal("out of memory for the signer");
	s->arena = arena_new(0);
	s->answered = answered;
	s->ctx = ctx;
	role_on_peer(role, ROLE_SIGN, connected, s);
	return s;
}

bool
signer_ready(const struct signer *s)
{
	return s->chan != NULL && s->told;
}

static unsigned
keys_of(const struct signer *s, struct span tenant, struct span domain,
    const struct signer_key *out[SIGNER_KEYS_A_MESSAGE])
{
	unsigned n = 0;

	for (uint32_t i = 0; i < s->keys_n && n < SIGNER_KEYS_A_MESSAGE; i++)
		if (span_eq(s->keys[i].tenant, tenant) && span_eq_nocase(s->keys[i].domain, domain))
			out[n++] = &s->keys[i];
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
