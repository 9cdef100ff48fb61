/* command.h: one command line, bytes in, struct command out (RFC 5321 4.1.1). Pure.
 *
 * The line is without its CRLF and may hold any byte. Verbs are known in any case. */
#pragma once

#include "span.h"

enum verb {
	VERB_UNKNOWN,
	VERB_EHLO,
	VERB_HELO,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_RSET,
	VERB_NOOP,
	VERB_QUIT,
	VERB_VRFY,
	VERB_HELP,
	VERB_AUTH,
	VERB_STARTTLS,
	VERB_EXPN,
	VERBS,
};

struct command {
	enum verb verb;
	struct span word; /* as it was written */
	struct span args; /* behind the verb, without white space at both ends */
};

struct command command_read(struct span line);

/* "FROM:" or "TO:" at the front of MAIL's and RCPT's arguments; *rest is what follows, without leading spaces (some clients
 * put one there). false: it is not there. */
bool command_colon(struct span args, const char *word, struct span *rest);

/* What no client that speaks SMTP says: the line of an HTTP request or of another protocol's greeting. whole: the line is; of
 * one that is not, only its first byte is judged. */
bool command_is_foreign(struct span line, bool whole);

/* The argument of EHLO and HELO: a name, an address literal, or what else clients call themselves without white
 * space and control bytes. */
bool command_helo_ok(struct span name);
