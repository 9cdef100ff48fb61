/* token.h: what a tracking link carries: sealed facts, without a database.
 *
 * A token is URL-safe base64 of: key id (1 byte), tenant tag (4 bytes), a synthetic IV (16 bytes), and the
 * encrypted facts. The IV is HMAC-SHA256 over all that is not it, cut to 128 bits, and starts AES-256 in counter
 * mode (the SIV construction of RFC 5297 with another PRF): the same facts make the same token, a changed one
 * does not open, and reading it says nothing of address, message or target. Each tenant has a key of its own, made from
 * the master key by HKDF (RFC 5869), so a worker that has one tenant's key can forge for no other. */
#pragma once

#include "buf.h"
#include "err.h"

enum {
	TOKEN_HEAD_BYTES = 5, /* key id, tenant tag */
	TOKEN_MASTER_BYTES = 32,
	TOKEN_MESSAGE_BYTES = 16,
	TOKEN_CAMPAIGN_MAX = 128,
	TOKEN_URL_MAX = 64 * 1024
};

enum token_kind {
	TOKEN_CLICK = 1,
	TOKEN_OPEN,
	TOKEN_UNSUBSCRIBE,
	TOKEN_TRAP /* a link that no person sees: who follows it is a machine */
};

/* One tenant's key. Fixed size: goes to a worker as bytes. */
struct token_key {
	uint8_t id;     /* which master key */
	uint8_t tag[4]; /* which tenant: says nothing to whoever has no key */
	uint8_t encrypt[32];
	uint8_t mac[32];
};

struct token_facts {
	enum token_kind kind;
	uint8_t message[TOKEN_MESSAGE_BYTES];
	uint32_t recipient;   /* index in the message */
	uint32_t issued_s;    /* Unix time */
	struct span campaign; /* at most TOKEN_CAMPAIGN_MAX; of the message */
	struct span
	    url; /* CLICK: where it leads, at most TOKEN_URL_MAX; UNSUBSCRIBE: the address */
};

/* The key of a tenant, by its name, under a master key. -1: the library refused. */
int token_key_derive(const uint8_t master[TOKEN_MASTER_BYTES], uint8_t id, struct span tenant,
    struct token_key *, struct err *);

struct token_sealer; /* a key made ready for many tokens; one thread */

struct token_sealer *token_sealer_new(const struct token_key *);
void token_sealer_free(struct token_sealer *); /* NULL is fine */

/* Characters of a token with a campaign and a URL of these lengths. */
size_t token_length(size_t campaign_bytes, size_t url_bytes);
/* Appends the token. */
void token_seal(struct token_sealer *, const struct token_facts *, struct buf *out);

/* What a token shows of its key, and what a key shows of itself: to pick one of many before opening. -1: no token. */
int token_head(struct span token, uint8_t head[TOKEN_HEAD_BYTES]);
void token_key_head(const struct token_key *, uint8_t head[TOKEN_HEAD_BYTES]);
/* Are they the same? */
bool token_names(struct span token, const struct token_key *);
/* -1: not sealed with this key, changed, or not a token. facts->url lies in scratch. */
int token_open(struct token_sealer *, struct span token, struct buf *scratch, struct token_facts *);
