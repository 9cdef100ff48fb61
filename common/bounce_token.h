/* bounce_token.h: the signed token in a bounce address, which ties what comes back to its delivery.
 *
 * Local part "b+" (or "b-") and 60 letters and digits, 62 octets of the 64 that RFC 5321 4.5.3.1.1 allows: base32
 * (Crockford's letters, case-blind) of version and key id, message id, recipient index, tag of its address, expiry and a
 * MAC, the first 10 bytes of HMAC-SHA256 over all before it. Whoever has no key can neither make nor change one; who
 * was sent one can speak for that one address and no other, for the tag must fit the address a report names. */
#pragma once

#include "err.h"
#include "span.h"

enum {
	BOUNCE_KEY_BYTES = 32,
	BOUNCE_MESSAGE_BYTES = 16,
	BOUNCE_LOCAL_MAX = 64,
	BOUNCE_RECIPIENTS = 1 << 16,
	BOUNCE_KEYS_MAX = 16,
};

struct bounce_token {
	uint8_t message[BOUNCE_MESSAGE_BYTES]; /* the message id, binary */
	uint32_t recipient;                    /* index in the message, below BOUNCE_RECIPIENTS */
	uint32_t tag;                          /* bounce_token_tag() of the recipient */
	uint64_t expires_s;                    /* Unix time; kept in whole hours, rounded up */
	uint8_t key_id;                        /* 0..15 */
};

struct bounce_key {
	uint8_t id; /* 0..15 */
	uint8_t key[BOUNCE_KEY_BYTES];
};

/* The first one signs, all of them verify. */
struct bounce_keys {
	struct bounce_key at[BOUNCE_KEYS_MAX];
	size_t n;
};

enum bounce_check {
	BOUNCE_GOOD,
	BOUNCE_NONE,    /* not of this form: an ordinary address */
	BOUNCE_FORGED,  /* of this form, but no key we have made it */
	BOUNCE_EXPIRED, /* ours, too old */
};

/* Of the text of bounce.key (key_ring.h). Empty: no keys. -1: nonsense. */
int bounce_keys_read(struct bounce_keys *, struct span text, struct err *);

/* Of an address, without regard to ASCII case. */
uint32_t bounce_token_tag(struct span address);

/* Writes the local part with a NUL; separator '+' or '-'. */
void bounce_token_make(const struct bounce_key *, const struct bounce_token *, char separator,
    char local[BOUNCE_LOCAL_MAX + 1]);
/* Of a local part, any case. The token is set for GOOD and EXPIRED. */
enum bounce_check bounce_token_check(const struct bounce_key *keys, size_t n_keys,
    struct span local, uint64_t now_s, struct bounce_token *);
/* Of an address: what is before its last @. */
enum bounce_check bounce_address_check(
    const struct bounce_keys *, struct span address, uint64_t now_s, struct bounce_token *);
