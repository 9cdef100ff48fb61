/* suppression_base.h: the bulk of the suppression list: a file of packed entries in order of their hashes.
 *
 * It is never changed in place. Two files take turns: while one is in force, a new one is written into the other; which
 * one is in force is said elsewhere (suppression.c, in LMDB), once the new one is synced. Both are opened at the start, so
 * that no file need be opened later. Beside a file goes a sealed memory file of its published hashes, for queued.
 *
 *	head (64 bytes), entries, and where in them each of the 65536 first two bytes of a hash begins
 *
 * so that an entry keeps ten bytes of its hash. Head and entries carry a CRC32C each. */
#pragma once

#include "suppression_entry.h"

struct base {
	int fd, hashes_fd; /* hashes_fd -1: no entries */
	const uint8_t *map;
	size_t map_bytes;
	uint64_t count, data_bytes; /* entries, and their bytes */
	uint64_t generation;
	uint64_t next_expiry_s;   /* the first of them; UINT64_MAX: none expires */
	uint64_t texts;           /* entries that hold their address */
	const uint8_t *directory; /* 65537 offsets into the entries, 8 bytes each */
};

/* A place between two entries. */
struct base_at {
	uint64_t offset;
	uint32_t bucket;
};

/* fd: of the file, kept open by the caller. generation 0: an empty one, the file is not looked at. Checks all of it and
 * makes the memory file. -1: damaged, err says what. */
int base_open(struct base *, int fd, uint64_t generation, struct err *);
void base_close(struct base *); /* not fd */

/* One entry, read without touching more of the file; its address is valid until the next call. */
bool base_get(const struct base *, struct suppression_hash, struct suppression_packed *);
/* Before the first entry whose hash is not below. */
struct base_at base_seek(const struct base *, struct suppression_hash);
/* The entry behind the place, which moves on; false at the end. The address points into the file. */
bool base_next(
    const struct base *, struct base_at *, struct suppression_hash *, struct suppression_packed *);
/* Pages of it that were read need not stay in memory. */
void base_rest(const struct base *);

/* Writing a new one. */
struct base_writer;

/* most: entries it may get. */
struct base_writer *base_writer_new(int fd, uint64_t generation, uint64_t most, struct err *);
/* Hashes only ever go up. */
void
base_writer_add(struct base_writer *, struct suppression_hash, const struct suppression_packed *);
/* Bytes that wait; base_writer_flush() writes and syncs them. */
size_t base_writer_waiting(const struct base_writer *);
int base_writer_flush(struct base_writer *, struct err *);
/* Head and directory, synced; then the writer is gone and the base stands open. -1: gone too, and nothing stands. */
int base_writer_finish(struct base_writer *, struct base *, struct err *);
void base_writer_abort(struct base_writer *);
