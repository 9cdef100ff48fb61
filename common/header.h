/* header.h: the fields of a header block, byte for byte (RFC 5322 2.2).
 *
 * A block is what stands before the empty line, a part's header or a message's. Nothing is copied or changed:
 * all spans look into the block. Lines end in CRLF; a bare LF ends a line too, so that no field hides behind
 * one. A line that is neither a field nor a continuation comes out as a field of its own, with bad set. */
#pragma once

#include "arena.h"
#include "span.h"

struct header_field {
	struct span whole; /* name, value, all continuation lines, the last line end */
	struct span name;  /* without white space before the colon; empty when bad */
	struct span value; /* behind the colon, folding kept, without the last line end */
	bool bad;
};

/* Takes the next field from *rest; false when there is none. */
bool header_next(struct span *rest, struct header_field *);
/* The first field of that name; false: none (the field is zeroed). */
bool header_find(struct span block, const char *name, struct header_field *);
/* How many fields have that name. */
size_t header_count(struct span block, const char *name);

/* A first line "From x@y Mon ..." or ">From ..." of an mbox: no field, and no part of the mail. "From :" is the field as of old. */
bool header_is_mbox_line(struct span message);

/* The block of a message: everything before the empty line; *body begins behind that line. A message
 * without an empty line is all header, and *body is empty. */
struct span header_block(struct span message, struct span *body);

/* The value on one line: line ends dropped, white space at both ends too. Lives in the arena. */
struct span header_unfolded(struct span value, struct arena *);
/* The same without RFC 5322 comments; quoted strings stay as they are. */
struct span header_bare(struct span value, struct arena *);
