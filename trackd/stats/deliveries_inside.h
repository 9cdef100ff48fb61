/* deliveries_inside.h: the index as its own files see it: deliveries.c (buckets, changes), deliveries_find.c (look-ups).
 *
 *	rNUMBER		message id, m			tenant, campaign, sender
 *			message id, r, index		how it ended, its event, recipient, source, site
 *	nNUMBER		hash of Message-ID, message id	nothing
 *	places		a file's name			inode, offset
 *
 * NUMBER: the bucket, hexadecimal. A field is two bytes of length and its bytes. */
#pragma once

#include "deliveries.h"
#include "siphash.h"

#include <lmdb.h>

enum {
	BUCKET_HOURS = 6,
	BUCKET_MS = BUCKET_HOURS * 3600 * 1000,
	AGE_DAYS_MAX = 100, /* of index-age */
	/* One more for a bucket's own length; those that are about to be dropped, and clocks that differ. */
	SLOTS = AGE_DAYS_MAX * 24 / BUCKET_HOURS + 5,
};

enum {
	KEY_HASH = 8,
	KEY_MESSAGE = ID_BYTES + 1,
	KEY_END = ID_BYTES + 5,
	KEY_NAME = KEY_HASH + ID_BYTES
};

struct bucket {
	uint32_t number; /* 0: free */
	bool fresh;      /* made in the transaction that runs */
	MDB_dbi rows, names;
};

struct deliveries {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi places;
	uint64_t max_bytes;
	uint32_t age; /* in buckets: older ones are dropped */
	uint32_t now; /* bucket */
	int failed;   /* of LMDB, within a transaction */
	bool no_room; /* the last one found none */
	bool reopen;  /* the last one was aborted: not all tables are open */
	struct siphash_key key;
	struct bucket buckets[SLOTS];
};

/* "", delivered, bounced ... as rows have them by number. */
extern const char *const delivery_ends[6];

struct bucket *deliveries_bucket(struct deliveries *, struct id message); /* NULL: none */

void key_message(uint8_t key[KEY_MESSAGE], struct id);
void key_end(uint8_t key[KEY_END], struct id, uint32_t index);
void key_hash(const struct deliveries *, struct span message_id, uint8_t key[KEY_HASH]);
