/* journal.h: the records of a journal segment. Pure.
 *
 * A record is a head of fixed width and a body. Its checksum covers head and body; it carries the generation of the
 * segment's use, so that what an earlier use left behind does not match. Reading stops at the first that does not. */
#pragma once

#include "buf.h"
#include "id.h"

enum journal_type {
	JOURNAL_ACCEPT = 1, /* body: a message as in message_file.h */
	JOURNAL_END,        /* body: mark, recipient index, the final event */
	JOURNAL_FLOOR, /* body: 8 bytes: segments of lower generations are free, whatever is left in them */
};

enum { JOURNAL_HEAD = 48, JOURNAL_BODY_MAX = 8 * 1024 * 1024 };

struct journal_record {
	enum journal_type type;
	uint64_t generation, sequence;
	struct id id;
	uint32_t index; /* JOURNAL_END */
	char mark;
	struct span body; /* JOURNAL_END: the event's line, may be empty */
};

/* Appends the record, padded to 8 bytes. */
void journal_put(struct buf *out, const struct journal_record *);
/* Bytes it takes. */
size_t journal_bytes(size_t body);
/* Gives records put before their place was known their generation and sequence: call before writing. */
void journal_seal(char *records, size_t n, uint64_t generation, uint64_t *sequence);

/* Takes the next record of that generation from *rest; false at the end. */
bool journal_next(struct span *rest, uint64_t generation, struct journal_record *);
/* Generation of a segment by its first record; 0: none. */
uint64_t journal_generation(struct span segment);
