/* untrack.h: where tracking links lead, as far as the keys at hand open them. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "token.h"

#include <stdio.h>

/* A key of one tenant under one master key; made ready when a link names it. */
struct untrack_key {
	struct token_key key;
	struct token_sealer *sealer;
	struct untrack_key *next;
};

struct untrack {
	struct span base; /* links below it alone; empty: below any */
	struct untrack_key *keys;
};

/* A key more. The arena keeps it. -1: the library refused. */
int untrack_add(struct untrack *, const uint8_t master[TOKEN_MASTER_BYTES], uint8_t id,
    const char *tenant, struct arena *, struct err *);
/* All keys of the text of tracking.key, for that tenant. -1: a line of it is none. */
int untrack_add_ring(
    struct untrack *, struct span text, const char *tenant, struct arena *, struct err *);
void untrack_free(struct untrack *);

/* Prints one line: the URL, or in brackets why there is none. False: it is no link of these keys. */
bool untrack_print(struct untrack *, struct span url, struct buf *scratch, FILE *);
