/* http.h: the head of an HTTP/1 request, read strictly (RFC 9110, RFC 9112).
 *
 * Pure. What two readers could understand differently is refused, so that nothing can be smuggled past a proxy: a bare LF
 * or CR, NUL and other control bytes, folded lines, a space before a colon, two lengths, a length beside a coding, any
 * coding but chunked, two hosts. Every limit has a name here. */
#pragma once

#include "span.h"

enum {
	HTTP_LINE_MAX = 96 * 1024, /* a token may hold a URL of 64 KB */
	HTTP_FIELDS_BYTES = 32 * 1024,
	HTTP_FIELDS_MAX = 100,
	HTTP_HEAD_MAX = HTTP_LINE_MAX + HTTP_FIELDS_BYTES,
	HTTP_BODY_MAX = 8 * 1024,
};

enum http_step { HTTP_MORE, HTTP_READY, HTTP_REFUSED };

/* How far the end of a head was looked for: zeroed before each head. */
struct http_scan {
	size_t seen, line; /* line: bytes of the request line with its LF, 0: not seen yet */
};

struct http_field {
	struct span name, value;
};

struct http_request {
	unsigned status; /* HTTP_REFUSED: what to answer before the connection is closed */
	const char *why; /* and a word of it, for the log */
	size_t head_bytes;
	struct span method, path; /* path: as sent, without query */
	struct span host;         /* of the target or the Host field, without port */
	unsigned minor;           /* of HTTP/1.minor */
	bool http2;               /* it was HTTP/2's preface */
	bool keep;                /* the client would like to go on with the connection */
	bool chunked, expects;    /* expects: 100-continue */
	uint64_t body_bytes;      /* where not chunked */
	size_t fields_n;
	struct http_field fields[HTTP_FIELDS_MAX];
};

/* in begins with the head, each time with all that came of it so far; spans look into it. */
enum http_step http_head(struct span in, struct http_scan *, struct http_request *);

/* Bytes of empty lines before a request line, which are to be passed over (RFC 9112 2.2). */
size_t http_empty_lines(struct span in);
/* Without its port, and without the dot that ends an absolute name. False: no host begins so. */
bool http_host_cut(struct span *host);

/* The first field of that name, trimmed; empty: none. */
struct span http_field(const struct http_request *, const char *name);
/* All of them as one list (RFC 9110 5.3): in place where there is one, else joined in room, of room_bytes. What does not
 * fit is cut from the front: proxies append, so the end is what a trusted one wrote. */
struct span
http_field_list(const struct http_request *, const char *name, char *room, size_t room_bytes);
