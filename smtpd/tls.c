#include "tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

static int
tls_err(struct err *err, const char *what)
{
	unsigned long e = ERR_get_error();
	const char *why = e == 0 ? NULL : ERR_reason_error_string(e);

	ERR_clear_error();
	return err_set(err, "%s: %s", what, why == NULL ? "cause unknown" : why);
}

static int
chain_use(SSL_CTX *ctx, struct span pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
	int r = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1 ? 0 : -1;

	X509_free(x);
	while (r == 0 && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			r = -1;
		}
	BIO_free(bio);
	if (r == -1)
		return tls_err(err, "tls-certificate is no PEM certificate");
	ERR_clear_error(); /* the end of the file is no error */
	return 0;
}

static int
key_use(SSL_CTX *ctx, struct span pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	int r = 0;

	if (key == NULL)
		r = tls_err(err, "tls-key is no PEM key");
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		r = tls_err(err, "tls-key does not belong to tls-certificate");
	EVP_PKEY_free(key);
	BIO_free(bio);
	return r;
}

SSL_CTX *
tls_load(struct span certificate, struct span key, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	unsigned char warm[32];

	if (ctx == NULL || RAND_bytes(warm, sizeof(warm)) != 1)
		fatal("cannot make a TLS context");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE |
				     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	if (chain_use(ctx, certificate, err) == -1 || key_use(ctx, key, err) == -1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

SSL *
tls_accept(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
		fatal("out of memory for a TLS connection");
	SSL_set_accept_state(ssl);
	return ssl;
}

void
tls_free(SSL *ssl)
{
	if (ssl == NULL)
		return;
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	ERR_clear_error();
	SSL_free(ssl);
}

static enum tls_want
wanted(SSL *ssl, int r)
{
	switch (SSL_get_error(ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	default:
		return TLS_BROKEN;
	}
}

enum tls_want
tls_handshake(SSL *ssl, struct err *err)
{
	enum tls_want want;
	int r;

	ERR_clear_error();
	r = SSL_accept(ssl);
	if (r == 1)
		return TLS_DONE;
	want = wanted(ssl, r);
	if (want == TLS_BROKEN)
		tls_err(err, "TLS handshake failed");
	return want;
}

ssize_t
tls_read(SSL *ssl, void *p, size_t n, enum tls_want *want)
{
	size_t got = 0;
	int r;

	ERR_clear_error();
	r = SSL_read_ex(ssl, p, n, &got);
	*want = r == 1 ? TLS_DONE : wanted(ssl, r);
	return r == 1 ? (ssize_t)got : *want == TLS_BROKEN ? -1 : 0;
}

ssize_t
tls_write(SSL *ssl, const void *p, size_t n, enum tls_want *want)
{
	size_t put = 0;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(ssl, p, n, &put);
	*want = r == 1 ? TLS_DONE : wanted(ssl, r);
	return r == 1 ? (ssize_t)put : *want == TLS_BROKEN ? -1 : 0;
}

bool
tls_pending(const SSL *ssl)
{
	return SSL_has_pending(ssl) == 1;
}

const char *
tls_version(const SSL *ssl)
{
	return SSL_get_version(ssl);
}
