/* key_file.h: the keys that make tokens, as `posthouse keys` moves them between nodes.
 *
 *	posthouse-keys 1
 *	tracking 2 HEX made 1763971200
 *	bounce 1 HEX
 *	sha256 HEX			of all lines above, so that a file that was cut or edited is none
 *
 * Keys behind their word as in key_ring.h, the first of each being the one in use where they come from. */
#pragma once

#include "key_ring.h"

enum key_kind { KEY_TRACKING, KEY_BOUNCE, KEY_KINDS };

struct key_kind_facts {
	const char *word, *file; /* "tracking", "tracking.key" */
	unsigned id_max;
};

extern const struct key_kind_facts key_kinds[KEY_KINDS];

void key_file_put(const struct key_ring rings[KEY_KINDS], struct buf *out);
/* -1: not such a file, another version, cut, or changed. */
int key_file_read(struct key_ring rings[KEY_KINDS], struct span text, struct err *);

/* Adds to a ring what it lacks, behind what it has; how many are new, or -1: one of the same number is another key, and
 * replace was not asked for, or they are too many. */
int key_ring_merge(struct key_ring *, const struct key_ring *more, bool replace, struct err *);
/* Puts the key of that number first. False: there is none. now_s: when it was that. */
bool key_ring_use(struct key_ring *, unsigned id, uint64_t now_s);
/* Room for one more: drops keys that nothing can be open with any more, those not used since before_s. How many went. */
size_t key_ring_forget(struct key_ring *, uint64_t before_s);
/* The lowest number above all there are, or the lowest that is free. -1: none is. */
int key_ring_free_id(struct key_ring *, unsigned id_max);
/* The first 16 digits of the SHA-256 of a key: to compare nodes by. */
void ring_key_mark(const struct ring_key *, char out[17]);
