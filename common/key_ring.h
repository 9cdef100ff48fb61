/* key_ring.h: the text of a key file, tracking.key or bounce.key: which keys there are, and which one is used.
 *
 *	ID HEX [made SECONDS] [until SECONDS]		HEX: 64 digits; times since 1970; # begins a comment
 *
 * The first key seals what is new, all of them open what was sealed. `posthouse keys` writes the file. */
#pragma once

#include "buf.h"
#include "err.h"

enum {
	KEY_RING_MAX = 16,
	KEY_BYTES = 32,
	KEY_FILE_BYTES = 64 * 1024,
	TRACKING_KEY_ID_MAX = 255,
	BOUNCE_KEY_ID_MAX = 15,
};

struct ring_key {
	uint8_t id;
	uint8_t bytes[KEY_BYTES];
	uint64_t made_s; /* 0: not known */
	uint64_t
	    until_s; /* when another took its place as the first; 0: it is the first, or not known */
};

struct key_ring {
	struct ring_key at[KEY_RING_MAX];
	size_t n;
};

/* Empty: no keys. -1: a line that is none, an id twice or above id_max, or too many. Errors never show a key. */
int key_ring_read(struct key_ring *, struct span text, unsigned id_max, struct err *);
/* One line, without its end. */
int ring_key_read(struct ring_key *, struct span line, unsigned id_max, struct err *);
void ring_key_put(const struct ring_key *, struct buf *out); /* with its LF */
void key_ring_put(const struct key_ring *, struct buf *out);
/* NULL: there is none. */
struct ring_key *key_ring_find(struct key_ring *, unsigned id);
