/* transfer.h: the content transfer encodings of MIME (RFC 2045 6).
 *
 * Decoders take what is out there and say whether it was clean: bytes that had to be guessed at, or left
 * out, make it unclean, and then the result is good for reading, not for writing back. Nothing fails; a
 * buffer that is too small says so itself (buf_over). */
#pragma once

#include "buf.h"

enum transfer {
	TRANSFER_7BIT,
	TRANSFER_8BIT,
	TRANSFER_BINARY,
	TRANSFER_QP,
	TRANSFER_BASE64,
	TRANSFER_OTHER
};

enum {
	TRANSFER_LINE = 76
}; /* octets in a line of quoted-printable or base64, RFC 2045 6.7 and 6.8 */

/* The value of Content-Transfer-Encoding; empty is 7bit, what is not known is OTHER. */
enum transfer transfer_named(struct span value);

/* Both return whether the input was clean. White space at the end of a quoted-printable line goes away. */
bool transfer_decode_base64(struct span, struct buf *out);
bool transfer_decode_qp(struct span, struct buf *out);
/* Bytes of the encoded character at the front of a line's content: 3 of "=3D", else 1. A "=" that begins no escape stands for
 * itself, as mail programs have it. */
size_t qp_character(struct span);
/* By name; 7bit, 8bit and binary are copied; OTHER is copied and unclean. */
bool transfer_decode(enum transfer, struct span, struct buf *out);

/* Lines of `line` octets (a multiple of 4, at most TRANSFER_LINE; 0: one line) with CRLF between them, none
 * behind the last. */
void transfer_encode_base64(struct span, size_t line, struct buf *out);
/* Appends base64 without line ends and padding, in the URL alphabet (RFC 4648 5); and back: -1 if a byte is
 * not of it, the length is impossible or unused bits are set, so each value has one spelling. */
void transfer_encode_base64url(struct span, struct buf *out);
int transfer_decode_base64url(struct span, struct buf *out);

/* Quoted-printable, written piece by piece. What it has put on the line so far stands in column. */
struct qp_writer {
	struct buf *out;
	size_t column;
};

/* Bytes of content: CRLF stays a line end, everything else is escaped where it must be. */
void qp_put(struct qp_writer *, struct span content);
