/* phrases.h: what phrases in a subject or a text mean, in the languages in which mail programs speak. Pure but for an index
 * that is made at the first call.
 *
 * The phrases stand in phrase_list.c, one line a language; a text is looked through once, whatever their number. */
#pragma once

#include "span.h"

/* What a phrase is a sign of, as bits. */
enum says {
	SAYS_FAILED = 1 << 0,      /* it was not delivered */
	SAYS_FINAL = 1 << 1,       /* and never will be: no warning, whatever else it says */
	SAYS_DELAYED = 1 << 2,     /* it is late, and still being tried */
	SAYS_DONE = 1 << 3,        /* it was delivered */
	SAYS_AWAY = 1 << 4,        /* out of office, vacation */
	SAYS_AUTOMATIC = 1 << 5,   /* an answer by a program, for whatever reason */
	SAYS_TICKET = 1 << 6,      /* we have your mail, it has a number */
	SAYS_CHALLENGE = 1 << 7,   /* prove that you are a person */
	SAYS_UNSUBSCRIBE = 1 << 8, /* let me out */
	SAYS_REPORT = 1 << 9,      /* DMARC, TLS */
	SAYS_READ = 1 << 10,       /* was displayed to a person, or deleted by one */
	SAYS_MODERATED = 1 << 11,  /* a list holds it for its moderator */
	SAYS_COMPLAINT = 1 << 12,  /* a recipient called it spam */
	SAYS_WARNING = 1 << 13,    /* a warning: of delay, if nothing was refused */
	SAYS_NAMES =
	    1 << 14, /* of a line: it, or what is below it, names those that were not reached */
	SAYS_MAILBOX = 1 << 15, /* of a sentence: it is about a mailbox or a delivery */
};

enum phrase_place { IN_SUBJECT = 1, IN_TEXT = 2, IN_BOTH = 3 };

struct phrase_line {
	enum says says;
	enum phrase_place place;
	const char *phrases; /* folded (folded.h), at least 4 bytes each, "|" between them */
};

extern const struct phrase_line phrase_lines[];
extern const unsigned phrase_lines_n;

/* All that the phrases in it say, as bits of enum says. A phrase that begins with a Latin letter begins a word. */
unsigned phrases_say(struct span folded, enum phrase_place);
