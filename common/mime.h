/* mime.h: how a message is built: a tree of parts, each a range of the message's own bytes (RFC 2045, 2046).
 *
 * Nothing is copied or decoded but the few header values below, and nothing is changed; the tree lives in the
 * arena, its spans in the message. Below message/rfc822 it does not look: whoever wants to parses that body as a
 * message of its own. What is not as the RFCs have it is parsed as mail programs do, and marked: a writer leaves
 * parts with marks alone, a reader takes them. Time is linear in the message times the depth allowed. */
#pragma once

#include "arena.h"
#include "err.h"
#include "span.h"
#include "transfer.h"

enum {
	MIME_DEPTH = 64,    /* multiparts in multiparts, at most */
	MIME_PARTS = 10000, /* parts in a message, at most */
};

/* What is odd about a part; several may be set. */
enum mime_mark {
	MIME_DUPLICATE =
	    1
	    << 0, /* two Content-Type, -Transfer-Encoding or -Disposition fields: the first counts */
	MIME_BAD_TYPE = 1 << 1,   /* a Content-Type that is none: text/plain */
	MIME_BAD_HEADER = 1 << 2, /* a header line that is no field */
	MIME_NO_EMPTY_LINE =
	    1 << 3,                /* the header ended at a boundary or at the end of the message */
	MIME_NO_BOUNDARY = 1 << 4, /* a multipart without a boundary parameter */
	MIME_BOUNDARY_REUSED = 1 << 5, /* the boundary of a multipart around it */
	MIME_NOT_CLOSED = 1 << 6,      /* a multipart whose last boundary never came */
	MIME_ENCODED_MULTI = 1 << 7,   /* a multipart that says it is base64 or quoted-printable */
};

struct mime_part {
	struct mime_part *parent;       /* NULL: the message itself */
	struct mime_part *child, *next; /* the first part inside; the next beside */
	struct mime_part *last;         /* the last part inside */
	struct span header;             /* its fields, up to the empty line */
	struct span body;         /* without the line end that belongs to the boundary behind it */
	struct span type;         /* "text/html": lower case, no spaces */
	struct span content_type; /* the whole value, unfolded, without comments */
	struct span disposition;  /* "attachment", as sent; empty: the header does not say */
	struct span content_disposition;
	struct span boundary; /* of a multipart that has one */
	enum transfer transfer;
	unsigned marks; /* enum mime_mark */
	unsigned depth;
	bool open; /* while parsing: its boundary may still come */
	bool closed;
};

/* -1: deeper or more parts than allowed, err says which. */
int mime_parse(struct span message, struct arena *, struct mime_part **root, struct err *);

/* The next part in the order of the message, children before what is beside; NULL at the end. */
struct mime_part *mime_walk(const struct mime_part *);
bool mime_type_is(const struct mime_part *, const char *type);
bool mime_is_multipart(const struct mime_part *);
/* Inside a multipart/signed or multipart/encrypted (RFC 1847), or one itself: nothing in it may change. */
bool mime_is_sealed(const struct mime_part *);

/* A parameter of an unfolded value without comments, as header_bare() gives it: unquoted, RFC 2231's language
 * and percent signs resolved, *0 *1 joined. false: it has none of that name. An empty one is there. */
bool mime_param(struct span value, const char *name, struct arena *, struct span *out);
