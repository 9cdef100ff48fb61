/* tls.h: TLS towards servers: one context, the CA store, sessions kept for resumption per host.
 *
 * The store is loaded before the sandbox; no file is read after. Opportunistic TLS takes any certificate (RFC 7435) but says
 * whether it would have stood; verified TLS needs a chain to the store and the host's name. */
#pragma once

#include "buf.h"
#include "err.h"
#include "proto_deliver.h"

#include <openssl/types.h>

struct tls;

/* ca_file: PEM; a store that cannot be read leaves verified sessions without trust: err says so, never NULL. */
struct tls *tls_new(const char *ca_file, struct err *);
void tls_free(struct tls *);
/* For one connection to that host under that policy; resumes an earlier session if there is one. */
SSL *tls_client(struct tls *, struct span host, uint16_t port, enum tls_policy);
/* The handshake of this connection failed: the session it tried to resume is not tried again. False: it tried none. */
bool tls_forget(struct tls *, const SSL *);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384 verified". */
void tls_facts(const SSL *, struct buf *);
