/* body.h: a message's content on its way out: ranges left out, dots doubled, the final dot behind it (RFC 5321 4.5.2).
 *
 * What can go as it is goes without a copy: the pieces point into the caller's bytes. Where dots must be doubled, or the
 * content stands in a descriptor, it goes through a block of at most 64 KB. A CRC mismatch is known before the final
 * dot is handed out. Never changes a byte that was given. */
#pragma once

#include "envelope.h"
#include "err.h"

struct body_source {
	bool has_fd;
	struct span bytes; /* the caller's, as long as the body lives */
	int fd;            /* the caller's; read with pread() */
	uint64_t start, size_bytes;
	bool has_dots; /* a line begins with a dot */
	bool check_crc;
	uint32_t crc32c; /* of all size_bytes, before anything is left out */
	const struct facts_drop *drops;
	unsigned drops_n;
};

struct body;

enum body_step { BODY_PIECE, BODY_END, BODY_DAMAGED };

struct body *body_new(const struct body_source *);
void body_free(struct body *); /* NULL is fine */
/* The next bytes to send: content, and behind it the final dot as soon as the checksum stood (else empty). The same
 * ones until body_sent() took them all. BODY_DAMAGED: wrong checksum or unreadable; err says which. */
enum body_step body_piece(struct body *, struct span piece[2], struct err *);
void body_sent(struct body *, size_t n);
/* The final dot was handed out. */
bool body_is_last(const struct body *);

/* Bytes that will leave, without doubled dots and the final one (for SIZE=). */
uint64_t body_size(const struct body_source *);
/* Drops in order, not overlapping, within the size. */
bool body_source_ok(const struct body_source *);
