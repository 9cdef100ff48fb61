/* signer.h: trackd-rewrite's side of trackd-sign: which keys there are, and asking for signatures. */
#pragma once

#include "proto_sign.h"
#include "role.h"

struct signer;

enum { SIGNER_KEYS_A_MESSAGE = 4 };

struct signer_key {
	uint32_t number;
	struct span tenant, domain, selector; /* as long as the signer's channel */
	enum sign_algorithm algorithm;
};

/* answered: the signature of that job, or ok false: refused. Job 0: the signer went away with all jobs.
 * settled: what was awaited is known: the signer is ready, or it did not come in time. */
struct signer *
signer_new(struct role *, void (*answered)(void *ctx, uint64_t job, bool ok, struct span signature),
    void (*settled)(void *ctx), void *ctx);
/* True once the signer has told its keys. */
bool signer_ready(const struct signer *);
/* It is not ready, and may be in some seconds: it starts, or tells its keys. */
bool signer_awaited(const struct signer *);
/* Keys of that tenant for that domain, or else for the next one above it that has some, domain in lower case (RFC 7489 3.1.1: it aligns, if not
 * strictly); at most SIGNER_KEYS_A_MESSAGE. */
unsigned signer_keys_for(const struct signer *, struct span tenant, struct span domain,
    const struct signer_key *out[SIGNER_KEYS_A_MESSAGE]);
void signer_ask(struct signer *, uint64_t job, const struct signer_key *, struct span digest);
