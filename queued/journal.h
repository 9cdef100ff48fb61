/* journal.h: the records of a journal segment. Pure.
 *
 * A record is a header of 64 bytes, a head (text of a message file, or an event), and the bytes of a message. It carries
 * the generation of the segment's use, its place in it and its salt, so that what an earlier use left behind never matches.
 * Header and head have one checksum, the message has its own, which is known before. Reading stops at the first record that
 * does not match; it can go on behind it, at the next that does. The salt is random: no bytes of a message can pass for a
 * record then. The first record of a segment is JOURNAL_OPEN. Numbers are in host order. */
#pragma once

#include "buf.h"
#include "id.h"

enum journal_type {
	JOURNAL_OPEN = 1, /* a segment's use begins */
	JOURNAL_MESSAGE,  /* head and bytes: a message as in message_file.h */
	JOURNAL_END,      /* a recipient ended; head: the final event's line, may be empty */
	JOURNAL_MOVE,     /* an operator moved a message: mark is its new place */
};

enum { JOURNAL_HEADER = 64 };

struct journal_record {
	enum journal_type type;
	struct id id;
	uint32_t index; /* END: the recipient */
	char mark;      /* END: enum recipient_mark; MOVE: letter of the place */
	struct span head, bytes;
	uint32_t bytes_crc;
	size_t at, n; /* where it stands in the segment, and how long it is; set by the reader */
	/* JOURNAL_OPEN: */
	uint64_t generation;
	uint64_t oldest;       /* generation: older ones hold nothing that counts */
	uint64_t previous_end; /* so many records of the generation before count */
	/* What earlier versions did not write is 0 and empty: */
	uint64_t segment_bytes; /* of this segment */
	uint32_t segments;      /* of the journal */
	struct span ends; /* of struct journal_end: so many records of those generations count */
	bool is_certain; /* of journal_trace(): not what the bytes of a damaged message look like */
};

struct journal_end {
	uint64_t generation, records;
};

/* Bytes that a record of so much head and bytes takes. */
size_t journal_bytes(size_t head, size_t bytes);

/* Appends a record in two steps, so that its head can be written in place: begin, append the head to the buffer, end. */
size_t journal_begin(struct buf *);
void journal_end(struct buf *, size_t begin, const struct journal_record *);
/* Both at once. */
void journal_put(struct buf *, const struct journal_record *);

/* Gives n bytes of records their generation, salt and sequence and seals them; *sequence: of the first, then of the next. */
void journal_seal(char *records, size_t n, uint64_t generation, uint32_t salt, uint64_t *sequence);

/* Reads a segment's bytes from the beginning. */
struct journal_reader {
	struct span segment;
	size_t at;
	uint64_t generation; /* 0: there was no JOURNAL_OPEN */
	uint64_t sequence;   /* of the next record */
	uint32_t salt;
};

void journal_reader_init(struct journal_reader *, struct span segment);
/* False at the end; spans lie in the segment. */
bool journal_next(struct journal_reader *, struct journal_record *);

/* Bytes that should have been records and are not. */
struct journal_gap {
	size_t at, n;
	uint64_t first,
	    records; /* the sequence of the first that is missing there, and how many are */
};
/* After journal_next() said false: goes to the next record of this generation that matches; where there was no JOURNAL_OPEN,
 * to the first of any. False: there is none. */
bool journal_skip(struct journal_reader *, struct journal_gap *);
/* After journal_skip() said false: what stands here looks like the next record, and is damaged or was never finished. */
bool journal_is_torn(const struct journal_reader *, struct journal_gap *);
/* What looks like a record in a gap, by its header; its id and type may be damaged. *at: where to look, then where to go on. */
bool journal_trace(
    const struct journal_reader *, const struct journal_gap *, size_t *at, struct journal_record *);
