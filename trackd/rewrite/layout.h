/* layout.h: the message as pieces: what is copied, and what is made anew for each recipient.
 *
 * Laying out is done once a message and needs no key; writing is done once a recipient. A changed part keeps its
 * transfer encoding and every encoded byte but those of the changed lines (base64: of the part), unless a line
 * of 7bit or 8bit would grow beyond 998 octets: then it becomes quoted-printable. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "scan.h"
#include "transfer.h"

enum piece_kind {
	PIECE_BYTES,    /* as they are; in quoted-printable they end a line */
	PIECE_QP_LINE,  /* within a line of quoted-printable; end: its line end comes next */
	PIECE_QP_PLAIN, /* bytes to encode as quoted-printable */
	PIECE_EDIT,     /* a link or the pixel */
	PIECE_BASE64,   /* pieces inside, encoded together */
};

struct piece {
	struct piece *next;
	enum piece_kind kind;
	struct span bytes;
	bool end;                /* PIECE_QP_LINE */
	const struct edit *edit; /* PIECE_EDIT */
	const struct charset *charset;
	bool qp;
	struct piece *inside; /* PIECE_BASE64 */
	size_t line;          /* of base64, octets */
};

struct pieces {
	struct piece *first, **tail;
	struct arena *arena;
};

struct layout_part {
	struct span body; /* as encoded */
	struct span decoded;
	enum transfer transfer;
	const struct scan *scan;
	size_t (*edit_length)(
	    const struct edit *, const void *context); /* characters it will have */
	const void *context;
};

void pieces_begin(struct pieces *, struct arena *);
void pieces_bytes(struct pieces *, struct span);

/* The transfer encoding the part will be in; a look at every line. */
enum transfer layout_transfer(const struct layout_part *);
/* Appends the part's pieces, in that encoding. */
void layout_part(const struct layout_part *, enum transfer as, struct pieces *);
