/* reply.h: a server's reply, line by line (RFC 5321 4.2; enhanced codes RFC 2034 4).
 *
 * A reply that is too long, or changes its code midway, is bad as a whole; it is never cut.
 * Its text is untrusted: any byte but NUL. */
#pragma once

#include "buf.h"
#include "err.h"
#include "span.h"

enum { REPLY_LINE_MAX = 4096, REPLY_TEXT_MAX = 16 * 1024, REPLY_LINES_MAX = 256 };

struct enhanced {
	uint8_t class; /* 2, 4 or 5; 0: none given */
	uint16_t subject, detail;
};

struct reply {
	int code; /* 200..599; 0 before the first line */
	struct enhanced enhanced;
	struct buf text; /* lines joined by LF, without codes; reused from reply to reply */
	unsigned lines;
	bool done;
};

enum reply_step { REPLY_MORE, REPLY_DONE, REPLY_BAD };

void reply_init(struct reply *);
void reply_free(struct reply *);

/* Takes one line without its CRLF. The line after a REPLY_DONE begins the next reply. After REPLY_BAD err says why and
 * the connection is past use. */
enum reply_step reply_line(struct reply *, struct span line, struct err *);

static inline bool
reply_ok(const struct reply *r)
{
	return r->code / 100 == 2;
}

struct enhanced_text {
	char c[16]; /* "5.1.1", or empty */
};
struct enhanced_text enhanced_text(struct enhanced);
/* Reads "5.1.1" at the beginning of s; *rest is what follows it and the spaces. -1: there is none. */
int enhanced_read(struct span s, struct enhanced *, struct span *rest);
