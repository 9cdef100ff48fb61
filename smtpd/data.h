/* data.h: the content behind DATA (RFC 5321 4.5.2): dots, line ends, limits and facts in one pass. Pure.
 *
 * What may be kept gathers in out, from which the session takes it (a draft) or hands it over whole. A content that
 * breaks a rule is read to its true end, CRLF.CRLF, and not kept; fault says which rule was first. */
#pragma once

#include "buf.h"
#include "envelope.h"

enum data_fault {
	DATA_FINE,
	DATA_BARE,        /* a bare LF or CR */
	DATA_NUL,         /* a NUL */
	DATA_SIZE,        /* larger than max_bytes */
	DATA_LINE,        /* a line longer than line_bytes */
	DATA_HEADER,      /* a header larger than header_bytes */
	DATA_TURNED_DOWN, /* who read the header wants none of it */
};

struct data;
/* Called once, with the header as it stands, without the empty line. May data_add() lines to it and set d->fault. The header
 * is a look into d->out: it ends with the first data_add(). */
typedef void data_on_header(void *ctx, struct data *, struct span header);

struct data_limits {
	uint64_t max_bytes;
	uint32_t line_bytes, header_bytes;
	bool repair; /* bare line ends become CRLF */
	bool nul_to_space;
};

struct data {
	struct buf out;
	struct facts facts; /* crc32c covers what data_flushed() was told, until data_finish() */
	struct data_limits limits;
	enum data_fault fault;
	data_on_header *on_header;
	void *ctx;
	uint64_t line_bytes; /* of the line begun */
	bool begun;          /* the line has its first byte */
	bool after_crlf;     /* the line follows a true CRLF, so a lone dot ends the content */
	bool in_header;
};

/* out_max: bytes that may gather before data_flushed(). */
void
data_init(struct data *, const struct data_limits *, size_t out_max, data_on_header *, void *ctx);
void data_free(struct data *);
/* A line of ours: with its CRLF. Before the content, or from on_header. */
void data_add(struct data *, struct span);

/* Takes what it can of in and says how much; *done when the final dot was taken. What is left over is too little to tell
 * (a CR, a dot) and comes again, with more. */
size_t data_take(struct data *, struct span in, bool *done);
/* What stood in out has been written elsewhere. Not while in_header. */
void data_flushed(struct data *);
/* After the final dot: the checksum of the rest, the end of a header without an empty line. */
void data_finish(struct data *);
