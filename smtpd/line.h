/* line.h: the client's next line, out of what it sent so far. Pure.
 *
 * What a line means never depends on how it was split into packets: a line is judged by its own bytes, and one that is too long
 * by its first ones, as soon as they are there. */
#pragma once

#include "span.h"

enum {
	LINE_COMMAND_BYTES =
	    2048, /* RFC 5321 4.5.3.1.4 asks for 512, and its extensions for some hundreds more */
	LINE_LOGIN_BYTES = 12288,                /* RFC 4954 4: of a response in base64 */
	LINE_AUTH_BYTES = LINE_LOGIN_BYTES + 64, /* one that stands behind AUTH and its mechanism */
};

struct line {
	bool repair;   /* LF alone ends a line, too */
	bool skipping; /* a line that was too long goes on */
};

enum line_step {
	LINE_MORE, /* it is not whole yet, and nothing was taken */
	LINE_WHOLE,
	LINE_LONG,    /* said once of each such line */
	LINE_UNCLEAN, /* it ends in LF alone, or holds a CR or a NUL */
	LINE_SKIPPED, /* more of one that was too long */
};

/* Looks at the front of in, and says in *n how much of it is dealt with. login: a response is awaited, else a command. *text
 * is the line without its end; of one that is too long as many bytes as may be. */
enum line_step line_take(struct line *, struct span in, bool login, struct span *text, size_t *n);
