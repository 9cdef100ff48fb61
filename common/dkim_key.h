/* dkim_key.h: a private DKIM key: load, make, sign, and the DNS record that goes with it. */
#pragma once

#include "buf.h"
#include "err.h"
#include "span.h"

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };

enum {
	DKIM_DIGEST_BYTES = 32,
	DKIM_RSA_BITS = 2048,
	DKIM_RSA_LEAST_BITS = 1024,
	DKIM_SIGNATURE_MAX = 512
};

struct dkim_key;

/* PEM text of a private key, rsa of 1024 to 4096 bits (RFC 8301 3.2) or ed25519. NULL: err says what it is instead. */
struct dkim_key *dkim_key_load(struct span pem, struct err *);
/* The same for who has thousands: that it is a key of such a kind and size is seen now, at a hundredth of the cost; it is read
 * when it is to sign for the first time. Copies the text. */
struct dkim_key *dkim_key_keep(struct span pem, struct err *);
/* A new one: rsa with DKIM_RSA_BITS, or ed25519. */
struct dkim_key *dkim_key_new(enum dkim_algorithm, struct err *);
void dkim_key_free(struct dkim_key *); /* NULL is fine */

enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *);

/* Signs the digest of a draft; appends the bytes of the signature, at most DKIM_SIGNATURE_MAX. */
int dkim_key_sign(
    struct dkim_key *, const uint8_t digest[DKIM_DIGEST_BYTES], struct buf *out, struct err *);

/* PEM (PKCS 8), to be kept secret. */
int dkim_key_pem(const struct dkim_key *, struct buf *out, struct err *);
/* The TXT record's text: "v=DKIM1; k=rsa; p=..." (RFC 6376 3.6.1, RFC 8463 4). */
int dkim_key_record(const struct dkim_key *, struct buf *out, struct err *);
/* A line for a zone file: selector._domainkey.domain. IN TXT ( "..." "..." ), strings of at most 255 octets. */
int dkim_key_zone_line(const struct dkim_key *, struct span selector, struct span domain,
    struct buf *out, struct err *);
