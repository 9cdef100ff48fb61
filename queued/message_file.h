/* message_file.h: the form of a message in the journal and in a file of the spool (posthouse-queue(5)). Pure.
 *
 *	PH1 head rcpts size crc headcrc	    fixed width, numbers in text
 *	facts ...			    found while receiving
 *	id ..., received ..., from ... 	    the envelope, a line each, bytes below 33 and % as %XX
 *	rcpt M notify orcpt address	    one for each recipient; M is its mark, outside the checksum
 *	(empty line)
 *	the message, CRLF line ends
 *
 * Readable with less(1). The mark is one byte at a fixed place of its line, so that it is changed in place. */
#pragma once

#include "buf.h"
#include "envelope.h"
#include "err.h"

enum { MESSAGE_FILE_FIRST = 53, MESSAGE_FILE_HEAD_MAX = 32 * 1024 * 1024 };

struct message_file {
	size_t head_bytes; /* where the message begins */
	uint64_t size_bytes;
	uint32_t crc32c; /* of the message */
	uint32_t rcpts_n;
};

/* Whether the head of that envelope is one that can be read again. */
bool message_file_takes(const struct envelope *);
/* Appends the head (with the empty line). */
void message_file_head(struct buf *out, const struct envelope *, const struct facts *);
/* The first MESSAGE_FILE_FIRST bytes: how long the head is. -1: not such a file. */
int message_file_first(struct span, struct message_file *);
/* The whole head, checked: envelope and facts in the arena. -1: err says what is wrong. */
int message_file_parse(
    struct span head, struct envelope *, struct facts *, struct arena *, struct err *);
/* What can be read of a damaged head (or the beginning of a file): recipients whose line is whole, and texts. Nothing of it
 * is sure. */
void message_file_salvage(struct span head, struct envelope *, struct arena *);
/* Whether first line and head match their checksum; marks do not count. */
bool message_file_head_is_good(struct span head);
/* Offsets in the head of the recipients' marks, at most max; returns how many there are. */
uint32_t message_file_marks(struct span head, uint32_t *at, uint32_t max);
