/* said.h: what a server said, taken apart: code, enhanced status, words (RFC 5321 4.2, RFC 3463).
 *
 * The words are made plain for matching: lines joined, codes taken off each, white space single, and what differs
 * from recipient to recipient masked: mail addresses become "<@>", IP addresses "[ip]". So one reply sent to a
 * thousand people is one text. */
#pragma once

#include "arena.h"
#include "span.h"

struct status {
	uint8_t class;            /* 2, 4, 5; 0: none */
	uint16_t subject, detail; /* 0..999 */
};

struct said {
	int code;             /* 200..599; 0: none */
	struct status status; /* class 0: none */
	struct span text;     /* plain words; at most SAID_TEXT_MAX bytes */
};

enum { SAID_TEXT_MAX = 2000 };

/* A whole reply as received: lines joined with LF (or CRLF), each with its code, or a text that holds one. */
void said_reply(struct said *, struct span reply, struct arena *);
/* As it stands in a Diagnostic-Code or a report: an explanation may precede the reply ("host x said: 550 ..."); where
 * there is a reply in it, text is that reply's alone. */
void said_diagnostic(struct said *, struct span text, struct arena *);

/* "5.1.1" at the start of s; *rest (may be NULL) begins behind it. False if there is none. */
bool status_at(struct span s, struct status *, struct span *rest);
/* The first one anywhere in s that stands alone as a word. */
bool status_find(struct span s, struct status *);
bool status_is(struct status, int class, int subject, int detail); /* -1: any */
/* "5.1.1", or with "*" for any (-1), as a condition. False: not one. */
bool status_read(struct span, int16_t parts[3]);
