/* tls.h: TLS of a listener: certificate and key once, a connection's bytes in and out. */
#pragma once

#include "err.h"
#include "span.h"

#include <sys/types.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

/* Certificate (and chain) and key, PEM. NULL and err: they do not fit. */
SSL_CTX *tls_load(struct span certificate, struct span key, struct err *);

SSL *tls_accept(SSL_CTX *, int fd);
void tls_free(SSL *); /* NULL is fine; says goodbye without waiting */

enum tls_want { TLS_DONE, TLS_WANT_READ, TLS_WANT_WRITE, TLS_BROKEN };

/* One step of the handshake; TLS_BROKEN: err says why. */
enum tls_want tls_handshake(SSL *, struct err *);
/* Bytes, 0: would block (*want says on what), -1: the end or broken. */
ssize_t tls_read(SSL *, void *, size_t, enum tls_want *want);
ssize_t tls_write(SSL *, const void *, size_t, enum tls_want *want);
bool tls_pending(const SSL *); /* something is decrypted, or half, that no event will tell of */
/* "TLSv1.3" */
const char *tls_version(const SSL *);
