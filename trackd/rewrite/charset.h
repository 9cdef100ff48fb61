/* charset.h: reading HTML in the charset it says it has.
 *
 * In most charsets the bytes of ASCII mean ASCII wherever markup can stand, and the tokeniser reads the bytes
 * as they are. In the others (UTF-16, UTF-32, ISO-2022, HZ, UTF-7) "<" can be half a character; for these there is
 * a view: one byte for each byte of ASCII text, 0xFF for every other character, and where each was found.
 *
 * The table is closed and opened once, before the sandbox; afterwards no file is needed. */
#pragma once

#include "arena.h"
#include "buf.h"

struct charsets; /* the open converters; one thread, one table */

enum charset_shape {
	CHARSET_BYTES,   /* ASCII is ASCII */
	CHARSET_UNITS,   /* UTF-16, UTF-32 */
	CHARSET_ISO2022, /* escape sequences switch */
	CHARSET_HZ,      /* ~{ and ~} switch */
	CHARSET_UTF7,    /* + and - switch */
};

struct charset {
	enum charset_shape shape;
	unsigned unit;    /* bytes of one ASCII character */
	bool little;      /* its order */
	size_t converter; /* in the table */
	const char *name; /* iconv's */
	size_t skip;      /* bytes of a byte order mark */
};

struct charsets *charsets_open(void);
void charsets_free(struct charsets *);

/* The charset of HTML that came with this label (empty: none) and begins like this. Order: byte order mark of
 * UTF-8, label, <meta>, UTF-8 if it is that, windows-1252. false: the label is not known, or what came cannot be
 * what it says. */
bool charset_detect(struct charsets *, struct span label, struct span html, struct charset *);

struct charset_view {
	struct span text;
	const uint32_t *map; /* text.n + 1 places in the original; NULL: each is its own */
	unsigned unit;       /* without map: place = skip + index * unit */
	size_t skip;
};

/* -1: the bytes are not valid in that charset, or larger than a view can be. Text lives in the arena, or is
 * the original. */
int charset_view(const struct charset *, struct span html, struct arena *, struct charset_view *);
/* Does every character of it mean something? (A view of escapes does not look into them.) */
bool charset_valid(struct charsets *, const struct charset *, struct span html);
/* Where the character at index begins; and where the one before it, of ASCII, ended: between them stand escapes. */
size_t charset_place(const struct charset_view *, size_t index);
size_t charset_place_end(const struct charset_view *, size_t index);
/* Does the character at index stand by itself, so that something can be put in beside it? (Not in a run of UTF-7.) */
bool charset_can_cut(const struct charset_view *, size_t index);

/* Part of the original as UTF-8; what is not valid as U+FFFD. */
void charset_to_utf8(struct charsets *, const struct charset *, struct span part, struct buf *out);
/* UTF-8 in the document's charset, as a browser sends the query of a URL (WHATWG URL 4.4): false where that is
 * UTF-8, or some character is not in it. */
bool
charset_from_utf8(struct charsets *, const struct charset *, struct span utf8, struct buf *out);
/* ASCII as the charset writes it. */
void charset_put_ascii(const struct charset *, struct span ascii, struct buf *out);
