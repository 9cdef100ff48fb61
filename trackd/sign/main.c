/* trackd-sign: hash in, signature out (RFC 6376, 8463). It holds the DKIM keys, and nothing else; it sees no mail.
 *
 * trackd-rewrite talks to it (proto_sign.h). A key belongs to a tenant and signs for no other. */
#include "batch.h"
#include "dkim_key.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "proto_sign.h"
#include "role.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	KEYS_A_WORD = 500 /* looked at before the master hears again that this role lives */
};

struct signing_key {
	struct span tenant, domain, selector;
	struct dkim_key *key;
};

struct signer {
	struct signing_key *keys;
	uint32_t keys_n, keys_cap;
	struct role *role;
	unsigned peers_n;
	struct timer *deadline;
	bool leaving;
};

/* A rewriter, which is told the keys and asks. */
struct peer {
	struct signer *signer;
	struct chan *chan;
	uint32_t told;
	bool whole; /* that these were all */
};

static struct signing_key *
key_new(struct signer *s)
{
	if (s->keys_n == s->keys_cap) {
		s->keys_cap = s->keys_cap == 0 ? 64 : s->keys_cap * 2;
		s->keys = reallocarray(s->keys, s->keys_cap, sizeof(*s->keys));
		if (s->keys == NULL)
			fatal("out of memory for the keys");
	}
	return &s->keys[s->keys_n++];
}

/* The secrets' names are "dkim TENANT DOMAIN SELECTOR", as the files lie in the keys folder. */
static void
keys_load(struct signer *s, struct role *role)
{
	const char *name;
	struct span pem;
	struct err err;
	size_t at = 0;

	while (role_secret_next(role, "dkim ", &at, &name, &pem)) {
		struct signing_key *k = key_new(s);
		struct span words = span_from(span_str(name), strlen("dkim "));

		k->tenant = span_word(words, &words);
		k->domain = span_word(words, &words);
		k->selector = span_word(words, &words);
		k->key = dkim_key_keep(pem, &err);
		if (k->key == NULL)
			role_fail(role, EX_CONFIG, "DKIM key %s: %s", name, err.text);
		if (s->keys_n % KEYS_A_WORD == 0)
			role_alive(role);
	}
}

/* One of each algorithm signs once. */
static void
keys_warm(const struct signer *s)
{
	static const uint8_t digest[DKIM_DIGEST_BYTES];
	bool warm[] = { [DKIM_RSA_SHA256] = false, [DKIM_ED25519_SHA256] = false };
	struct buf out;

	buf_init(&out, DKIM_SIGNATURE_MAX);
	for (uint32_t i = 0; i < s->keys_n; i++) {
		enum dkim_algorithm algorithm = dkim_key_algorithm(s->keys[i].key);

		if (!warm[algorithm])
			(void)dkim_key_sign(s->keys[i].key, digest, &out, NULL);
		warm[algorithm] = true;
		buf_reset(&out);
	}
	buf_free(&out);
}

static void
sign(struct signer *s, struct chan *c, struct msg *m)
{
	struct sign_done done = { .ok = false };
	struct buf signature;
	struct sign_ask ask;
	struct err err;

	if (sign_ask_get(m, &ask) == -1 || ask.digest.n != DKIM_DIGEST_BYTES ||
	    ask.key >= s->keys_n) {
		chan_bad(c, "an ASK that is none");
		return;
	}
	done.job = ask.job;
	buf_init(&signature, DKIM_SIGNATURE_MAX);
	if (!span_eq(ask.tenant, s->keys[ask.key].tenant))
		log_error("sign-refused", "key=%u why=\"another tenant's key\"", ask.key);
	else if (dkim_key_sign(
		     s->keys[ask.key].key, (const uint8_t *)ask.digest.p, &signature, &err) == -1)
		log_error("sign-failed", "key=%u why=\"%s\"", ask.key, err.text);
	else
		done.ok = true;
	done.signature = buf_all(&signature);
	sign_done_put(c, &done);
	buf_free(&signature);
}

static void
on_rewrite(void *ctx, struct chan *c, struct msg *m)
{
	struct peer *p = ctx;

	if (m->type == SIGN_ASK)
		sign(p->signer, c, m);
	else
		chan_bad(c, "a record that is no ASK");
}

static void
key_tell(const struct signer *s, struct chan *c, uint32_t i)
{
	const struct signing_key *k = &s->keys[i];
	enum sign_algorithm algorithm =
	    dkim_key_algorithm(k->key) == DKIM_RSA_SHA256 ? SIGN_RSA_SHA256 : SIGN_ED25519_SHA256;

	sign_key_put(c, &(struct sign_key){ i, k->tenant, k->domain, k->selector, algorithm });
}

/* As many as its channel holds; the rest when it has room again. */
static void
keys_tell(void *ctx)
{
	struct peer *p = ctx;

	while (p->told < p->signer->keys_n && !chan_full(p->chan))
		key_tell(p->signer, p->chan, p->told++);
	if (p->told == p->signer->keys_n && !p->whole) {
		p->whole = true;
		sign_keys_end_put(p->chan, &(struct sign_keys_end){ p->told });
	}
}

static void
on_rewrite_gone(void *ctx, struct chan *c, const char *why)
{
	struct peer *p = ctx;
	struct signer *s = p->signer;

	(void)c, (void)why;
	free(p);
	if (--s->peers_n == 0 && s->leaving)
		role_done(s->role);
}

/* Tells a new peer which keys there are. */
static void
rewrite_connected(void *ctx, unsigned instance, int fd)
{
	struct peer *p = calloc(1, sizeof(*p));

	(void)instance;
	if (p == NULL)
		fatal("out of memory for a peer");
	p->signer = ctx;
	p->chan = chan_new(fd, "trackd-rewrite", QUEUE_BYTES, on_rewrite, on_rewrite_gone, p);
	chan_answers(p->chan);
	chan_on_room(p->chan, keys_tell);
	p->signer->peers_n++;
	keys_tell(p);
}

static void
on_deadline(void *ctx)
{
	struct signer *s = ctx;

	role_done(s->role);
}

/* Rewriters end what they have in hand, and that is to be signed: the last to leave is who signs. */
static void
stop(void *ctx, unsigned deadline_s)
{
	struct signer *s = ctx;

	s->leaving = true;
	if (s->peers_n == 0)
		role_done(s->role);
	else
		timer_set_ms(s->deadline, deadline_s * 1000ULL);
}

int
main(int argc, char **argv)
{
	struct signer *s;
	struct role *role;

	if (argc > 1)
		return sign_batch(argc, argv);
	role = role_start(ROLE_SIGN, argc, argv);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		fatal("out of memory for the keys");
	keys_load(s, role);
	/* OpenSSL loads what a signature needs when the first one is made: here, not in the sandbox. */
	keys_warm(s);
	s->role = role;
	s->deadline = timer_new(on_deadline, s);
	role_on_peer(role, ROLE_REWRITE, rewrite_connected, s);
	role_on_stop(role, stop, s);
	sandbox_enter(role);
	return role_run(role);
}
