/* proto_sign.h: all that trackd-rewrite and trackd-sign ever say: hash in, signature out (RFC 6376, 8463). */
#pragma once

#include "msg.h"

enum sign_algorithm { SIGN_RSA_SHA256, SIGN_ED25519_SHA256 };

enum sign_type {
	SIGN_KEY = 1,  /* sign, at the start: a key there is */
	SIGN_KEYS_END, /* sign: those were all */
	SIGN_ASK,      /* rewrite */
	SIGN_DONE,     /* sign; in any order */
};

struct sign_key {
	uint32_t key; /* number for ASK */
	struct span tenant;
	struct span domain;
	struct span selector;
	enum sign_algorithm algorithm;
};

struct sign_keys_end {
	uint32_t keys;
};

struct sign_ask {
	uint64_t job;
	uint32_t key;
	struct span tenant; /* must be the key's */
	struct span digest; /* SHA-256 of the header hash input, 32 bytes */
};

struct sign_done {
	uint64_t job;
	bool ok;
	struct span signature; /* raw bytes */
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void sign_key_put(struct chan *, const struct sign_key *);
int sign_key_get(struct msg *, struct sign_key *);
void sign_keys_end_put(struct chan *, const struct sign_keys_end *);
int sign_keys_end_get(struct msg *, struct sign_keys_end *);
void sign_ask_put(struct chan *, const struct sign_ask *);
int sign_ask_get(struct msg *, struct sign_ask *);
void sign_done_put(struct chan *, const struct sign_done *);
int sign_done_get(struct msg *, struct sign_done *);
