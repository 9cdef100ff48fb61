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

enum { QUEUE_BYTES = 4 * 1024 * 1024 };

struct signing_key {
	struct span tenant, domain, selector;
	struct dkim_key *key;
};

struct signer {
	struct signing_key keys[SIGN_KEYS_MAX];
	uint32_t keys_n;
};

/* The secrets' names are "dkim TENANT DOMAIN SELECTOR", as the files lie in the keys folder. */
static void
keys_load(struct signer *s, struct role *role)
{
	const char *name;
	struct span pem;
	struct err err;

	for (unsigned i = 0; (pem = role_secret_at(role, "dkim ", i, &name)).p != NULL; i++) {
		struct signing_key *k = &s->keys[s->keys_n];
		struct span words = span_from(span_str(name), strlen("dkim "));

		if (s->keys_n == SIGN_KEYS_MAX)
			role_fail(role, EX_CONFIG, "more than %d DKIM keys", SIGN_KEYS_MAX);
		k->tenant = span_word(words, &words);
		k->domain = span_word(words, &words);
		k->selector = span_word(words, &words);
		k->key = dkim_key_load(pem, &err);
		if (k->key == NULL)
			role_fail(role, EX_CONFIG, "DKIM key %s: %s", name, err.text);
		s->keys_n++;
	}
}

static void
keys_warm(const struct signer *s)
{
	static const uint8_t digest[DKIM_DIGEST_BYTES];
	struct buf out;

	buf_init(&out, DKIM_SIGNATURE_MAX);
	for (uint32_t i = 0; i < s->keys_n; i++) {
		(void)dkim_key_sign(s->keys[i].key, digest, &out, NULL);
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
	if (m->type == SIGN_ASK)
		sign(ctx, c, m);
	else
		chan_bad(c, "a record that is no ASK");
}

/* Tells a new peer which keys there are. */
static void
rewrite_connected(void *ctx, unsigned instance, int fd)
{
	struct signer *s = ctx;
	struct chan *c = chan_new(fd, "trackd-rewrite", QUEUE_BYTES, on_rewrite, NULL, s);

	(void)instance;
	chan_answers(c);
	for (uint32_t i = 0; i < s->keys_n; i++) {
		const struct signing_key *k = &s->keys[i];
		enum sign_algorithm algorithm = dkim_key_algorithm(k->key) == DKIM_RSA_SHA256
						    ? SIGN_RSA_SHA256
						    : SIGN_ED25519_SHA256;

		sign_key_put(
		    c, &(struct sign_key){ i, k->tenant, k->domain, k->selector, algorithm });
	}
	sign_keys_end_put(c, &(struct sign_keys_end){ s->keys_n });
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
	role_on_peer(role, ROLE_REWRITE, rewrite_connected, s);
	sandbox_enter(role);
	return role_run(role);
}
