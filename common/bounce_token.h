/* bounce_token.h: the signed token in a bounce address, which ties what comes back to its delivery.
 *
 * Local part "b+" (or "b-") and 61 letters and digits, 63 octets of the 64 that RFC 5321 4.5.3.1.1 allows: base32
 * (Crockford's letters, case-blind) of version and key id, message id, recipient index, tag of its address, expiry and a
 * MAC. Tag and MAC are the first 8 bytes of an HMAC-SHA256 each, under a secret key: whoever has no key can neither make nor
 * change a token, nor find an address whose tag it has; a guess needs a mail to this house, of which few count for one
 * delivery (repeats.h). So who was sent one can speak for that one address and no other.
 *
 * A token holds for its tenant and bounce domain alone: both go into the MAC and the tag and not into the address. */
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
	uint64_t tag;                          /* of the recipient's address; made, not given */
	uint64_t expires_s;                    /* Unix time; kept in whole hours, rounded up */
	uint8_t key_id;                        /* 0..15 */
};

/* Whose it is. Case-blind. */
struct bounce_owner {
	struct span tenant, domain; /* domain: the bounce domain, without @ */
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
	BOUNCE_FORGED,  /* of this form, but no key we have made it for this owner */
	BOUNCE_EXPIRED, /* ours, too old */
};

/* Of the text of bounce.key (key_ring.h). Empty: no keys. -1: nonsense. */
int bounce_keys_read(struct bounce_keys *, struct span text, struct err *);

/* Writes the local part with a NUL; separator '+' or '-'. The token's key_id and tag are set. */
void bounce_token_make(const struct bounce_key *, const struct bounce_owner *,
    struct span recipient, struct bounce_token *, char separator, char local[BOUNCE_LOCAL_MAX + 1]);
/* Of a local part, any case. The token is set for GOOD and EXPIRED. */
enum bounce_check bounce_token_check(const struct bounce_keys *, const struct bounce_owner *,
    struct span local, uint64_t now_s, struct bounce_token *);
/* Of an address: the local part is what is before its last @, the domain what is behind it. */
enum bounce_check bounce_address_check(const struct bounce_keys *, struct span tenant,
    struct span address, uint64_t now_s, struct bounce_token *);
/* Whether a token that was checked was made for this address (ASCII case does not count). */
bool bounce_token_is_for(const struct bounce_keys *, const struct bounce_owner *,
    const struct bounce_token *, struct span address);
