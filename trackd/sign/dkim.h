/* dkim.h: what a DKIM signature covers, and the field that says so (RFC 6376, 8301, 8463). No key here.
 *
 * Signing is done in two places: who has the message prepares (canonical form, hashes, the field up to "b="), who
 * has the key signs the 32 bytes, and dkim_finish() puts both together. rsa-sha256 and ed25519-sha256 sign
 * the same kind of digest (RFC 8463 3). l= is never used: it would let anyone append to a signed mail. */
#pragma once

#include "arena.h"
#include "dkim_key.h"

enum dkim_canon { DKIM_RELAXED, DKIM_SIMPLE }; /* RFC 6376 3.4 */

struct dkim_options {
	enum dkim_algorithm algorithm;
	enum dkim_canon header, body;
	struct span domain, selector;
	struct span identity;    /* i=; empty: left out */
	const char *const *sign; /* names of fields, NULL at the end; NULL: dkim_usual_fields */
	/* Names that are listed once more than the message has them, so that none can be added (5.4.2); NULL:
	 * dkim_usual_oversigned. */
	const char *const *oversign;
	uint64_t signed_s, expires_s; /* t= and x=, Unix time; 0: left out */
};

extern const char *const dkim_usual_fields[], *const dkim_usual_oversigned[];

struct dkim_draft {
	struct span field; /* "DKIM-Signature: ...; b=", folded, without a line end; in the arena */
	uint8_t digest[DKIM_DIGEST_BYTES]; /* what is to be signed */
};

/* The body's hash; the same for every signature with that canonical form. -1: the library refused. */
int
dkim_body_hash(enum dkim_canon, struct span body, uint8_t hash[DKIM_DIGEST_BYTES], struct err *);

/* Prepares one signature of a message whose body has that hash. -1: no From field (5.4), or a domain or selector
 * that is none. */
int dkim_prepare(const struct dkim_options *, struct span message,
    const uint8_t body_hash[DKIM_DIGEST_BYTES], struct arena *, struct dkim_draft *, struct err *);

/* Appends the whole field with its line end, to stand in front of the message. */
void dkim_finish(const struct dkim_draft *, struct span signature, struct buf *out);

/* Canonical forms, as they go into the hashes. A body's comes in runs: put is called with each. */
typedef void dkim_put(void *context, struct span run);
void dkim_canon_body(enum dkim_canon, struct span body, dkim_put *, void *context);
/* A field, with its line end; whole as in struct header_field. */
void dkim_canon_field(enum dkim_canon, struct span whole, struct buf *out);
