/* http_body.h: the body of a request, by its length or chunked (RFC 9112 7.1), as its bytes come.
 *
 * Pure, and each byte is looked at once. Strict as http.h is: CRLF alone ends a line; extensions and trailers are passed
 * over up to a limit. */
#pragma once

#include "buf.h"
#include "http.h"

enum { HTTP_EXTRA_MAX = 2 * 1024 }; /* extensions and trailers together */

enum http_body_state {
	BODY_DATA, /* by length, or inside a chunk */
	BODY_SIZE_FIRST,
	BODY_SIZE,
	BODY_EXTENSION,
	BODY_SIZE_LF,
	BODY_DATA_CR,
	BODY_DATA_LF,
	BODY_TRAILER_FIRST,
	BODY_TRAILER,
	BODY_TRAILER_LF,
	BODY_LAST_LF,
	BODY_END,
};

struct http_body {
	enum http_body_state state;
	bool chunked;
	uint64_t left; /* of the length, or of the chunk in hand */
	size_t total, extra;
	unsigned status; /* HTTP_REFUSED: 400 or 413 */
};

void http_body_start(struct http_body *, const struct http_request *);
/* Takes what belongs to the body from the front of *in and appends it to out. */
enum http_step http_body_take(struct http_body *, struct span *in, struct buf *out);
