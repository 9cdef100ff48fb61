/* recode.h: a message copied with some of its parts in another transfer encoding, and every other byte as it stands. */
#pragma once

#include "buf.h"
#include "mime.h"

/* Parts are taken in the order of mime_walk(); at the end comes recode_upto() of the message's end. */
struct recode {
	const char *at; /* first byte that is not copied yet */
	struct buf *out;
};

void recode_upto(struct recode *, const char *end);
/* The part's header with that encoding in place of its own; a message without MIME-Version gets one (RFC 2045 4), or
 * readers may take its encoding for nothing. */
void recode_header(struct recode *, const struct mime_part *, const char *encoding);
/* The same, and of that type. */
void
recode_header_as(struct recode *, const struct mime_part *, const char *type, const char *encoding);
/* Header and body of a part that is not encoded: quoted-printable. */
void recode_qp(struct recode *, const struct mime_part *);
/* A part that is quoted-printable or base64 already and holds bytes beyond ASCII all the same: these are escaped, or left out as a
 * reader of base64 does (RFC 2045 6.8); all else stands. */
void recode_encoded(struct recode *, const struct mime_part *);
