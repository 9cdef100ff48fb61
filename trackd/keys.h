/* keys.h: the tracking keys of all tenants, made from the master keys of tracking.key (key_ring.h). */
#pragma once

#include "conf.h"
#include "token.h"

struct tenant_key {
	const char *tenant;
	struct token_key key;
	struct token_sealer *sealer;
};

struct tenant_keys {
	size_t
	    n; /* tenants times master keys; the first master key's come first, and that one seals */
	struct tenant_key *keys;
	struct tenant_key **by_head; /* all, by what a token shows of its key */
	struct tenant_key **by_name; /* those that seal */
	size_t names;
};

/* In the arena, but for the sealers, which live as long as the process. -1: a line of the text is no key. */
int tenant_keys_make(
    struct tenant_keys *, const struct conf *, struct span text, struct arena *, struct err *);
/* The one that opens the token; NULL: none. */
struct tenant_key *tenant_keys_open(
    const struct tenant_keys *, struct span token, struct buf *scratch, struct token_facts *);
struct tenant_key *tenant_keys_for(const struct tenant_keys *, struct span tenant); /* NULL: none */
