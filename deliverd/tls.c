#include "tls.h"
#include "ip.h"

#include <bsd/sys/tree.h>
#include <bsd/sys/queue.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 1024, KEY_BYTES = 300 };

struct kept {
	RB_ENTRY(kept) tree;
	TAILQ_ENTRY(kept) age; /* the oldest first */
	SSL_SESSION *session;
	char key[KEY_BYTES];
};

static int
kept_cmp(const struct kept *a, const struct kept *b)
{
	return strcmp(a->key, b->key);
}

RB_HEAD(kept_tree, kept);
RB_PROTOTYPE(kept_tree, kept, tree, kept_cmp);
RB_GENERATE(kept_tree, kept, tree, kept_cmp);

struct tls {
	SSL_CTX *ctx;
	struct kept_tree tree;
	TAILQ_HEAD(, kept) by_age;
	unsigned n;
	int key_index; /* of the SSL's own copy of its key */
};

static void
kept_drop(struct tls *t, struct kept *k)
{
	RB_REMOVE(kept_tree, &t->tree, k);
	TAILQ_REMOVE(&t->by_age, k, age);
	SSL_SESSION_free(k->session);
	free(k);
	t->n--;
}

static struct kept *
kept_find(struct tls *t, const char *key)
{
	struct kept want;

	memcpy(want.key, key, KEY_BYTES);
	return RB_FIND(kept_tree, &t->tree, &want);
}

/* OpenSSL made a session that can be resumed; 1: we keep the reference. */
static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const char *key = SSL_get_ex_data(ssl, t->key_index);
	struct kept *k = kept_find(t, key);

	if (k != NULL)
		kept_drop(t, k);
	else if (t->n == KEPT_MAX)
		kept_drop(t, TAILQ_FIRST(&t->by_age));
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return 0;
	memcpy(k->key, key, KEY_BYTES);
	k->session = session;
	RB_INSERT(kept_tree, &t->tree, k);
	TAILQ_INSERT_TAIL(&t->by_age, k, age);
	t->n++;
	return 1;
}

static void
key_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(ptr);
}

struct tls *
tls_new(const char *ca_file, struct err *err)
{
	struct tls *t = calloc(1, sizeof(*t));

	err->text[0] = '\0';
	if (t == NULL || (t->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		fatal("out of memory for TLS");
	RB_INIT(&t->tree);
	TAILQ_INIT(&t->by_age);
	t->key_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, key_free);
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				     SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->ctx, on_new_session);
	if (SSL_CTX_load_verify_file(t->ctx, ca_file) != 1)
		err_set(
		    err, "no certificates of authorities in %s: verified TLS will fail", ca_file);
	return t;
}

void
tls_free(struct tls *t)
{
	while (!TAILQ_EMPTY(&t->by_age))
		kept_drop(t, TAILQ_FIRST(&t->by_age));
	SSL_CTX_free(t->ctx);
	free(t);
}

static void
name_expected(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	struct ip ip;

	if (ip_read(span_str(host), &ip) == 0) {
		X509_VERIFY_PARAM_set1_ip_asc(param, host);
		return;
	}
	SSL_set_tlsext_host_name(ssl, host);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	X509_VERIFY_PARAM_set1_host(param, host, 0);
}

SSL *
tls_client(struct tls *t, struct span host, uint16_t port, enum tls_policy policy)
{
	SSL *ssl = SSL_new(t->ctx);
	char *key = calloc(1, KEY_BYTES), name[256];
	struct kept *k;

	if (ssl == NULL || key == NULL)
		fatal("out of memory for a TLS connection");
	snprintf(name, sizeof(name), "%.*s", SPAN(host));
	snprintf(key, KEY_BYTES, "%s:%u %d", name, port, policy == TLS_VERIFIED);
	SSL_set_ex_data(ssl, t->key_index, key);
	name_expected(ssl, name);
	SSL_set_verify(ssl, policy == TLS_VERIFIED ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	k = kept_find(t, key);
	if (k != NULL)
		SSL_set_session(ssl, k->session);
	return ssl;
}

/* A session that came of this very connection is another, and stays. */
bool
tls_forget(struct tls *t, const SSL *ssl)
{
	const char *key = SSL_get_ex_data(ssl, t->key_index);
	struct kept *k = kept_find(t, key);

	if (k == NULL || SSL_is_init_finished(ssl))
		return false;
	kept_drop(t, k);
	return true;
}

void
tls_facts(const SSL *ssl, struct buf *out)
{
	bool stood = SSL_get_verify_result(ssl) == X509_V_OK;

	buf_printf(out, "%s %s %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl),
	    stood ? "verified" : "unverified");
}
