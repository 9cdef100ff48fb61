/* deliveries.h: which delivery was that? An index of what the event files say, in LMDB; the only user of that database.
 *
 * A row for each message that a tenant sent, one for each recipient that has ended, and one for each Message-ID, kept in
 * buckets of some hours by the time the message came in; a bucket is dropped whole when it is older than the
 * index's age, or, the oldest first, when the index would grow past its size. What is put twice is the same: a step may be
 * read again. It knows itself how far the files were read, so that losing it costs reading them again, nothing else. */
#pragma once

#include "arena.h"
#include "err.h"
#include "id.h"
#include "proto_lookup.h"

struct deliveries;

/* In a file of its own in the folder; max_bytes: about what it may take on disk; age_s: how long a delivery is known, 100
 * days at most. NULL: err. */
struct deliveries *
deliveries_open(const char *folder, uint64_t max_bytes, uint64_t age_s, struct err *);
void deliveries_close(struct deliveries *);

/* Changes come between begin and commit; begin drops what is too old or too much, and after a commit that found no room the
 * oldest bucket whatever its size. After an error the changes are lost. */
int deliveries_begin(struct deliveries *, uint64_t now_ms, struct err *);
int deliveries_commit(struct deliveries *, struct err *);
void deliveries_abort(struct deliveries *);
/* Waits for the disk; from any thread. */
int deliveries_sync(struct deliveries *, struct err *);

struct delivered_message {
	struct id id;
	struct span tenant, campaign, from, message_id; /* message_id with or without <> */
};
struct delivered_end {
	struct id message, event;
	uint32_t index;
	struct span ended; /* delivered bounced expired suppressed dropped */
	struct span recipient, source, site;
};
void deliveries_message_put(struct deliveries *, const struct delivered_message *);
void deliveries_end_put(struct deliveries *, const struct delivered_end *);

/* Between begin and commit: how far a file was read, its inode and offset; 0 at first. */
void deliveries_place(struct deliveries *, const char *file, uint64_t *inode, uint64_t *offset);
void deliveries_place_put(struct deliveries *, const char *file, uint64_t inode, uint64_t offset);

/* Outside of begin and commit. Spans of found lie in the arena. */
void deliveries_find(
    struct deliveries *, const struct lookup_ask *, struct lookup_found *, struct arena *);
/* The campaign of a message, in or outside of begin and commit; copied into out. */
struct span deliveries_campaign(struct deliveries *, struct id message, char out[256]);
/* Takes away the rows of a recipient, one bucket a call: *bucket 0 begins, and is 0 again at the end. How many, or -1. */
int deliveries_forget(struct deliveries *, struct span address, uint32_t *bucket, struct err *);
