/* prose.h: recipients and reasons from a report written for people: qmail, Exim, sendmail, Exchange, Gmail,
 * and whoever wrote a mail of his own about it. Pure.
 *
 * There are few ways to write such a report, and each is read once for all who use it: a recipient at the start of a
 * line, before its reason or below a line that tells of failure (recipient_line.h, phrases.h); an SMTP dialogue
 * (transcript.h); else a sentence that holds the address; else the To of what was sent. */
#pragma once

#include "came_back.h"

enum prose_found {
	PROSE_NOTHING,
	PROSE_HINTED, /* recipients, by their place alone */
	PROSE_TOLD /* recipients, and words or codes of failure with them: this is a report whoever wrote it */
};

/* text: readable text before the quoted original. Not taken: the addresses in not_these (n of them) and daemons.
 * Adds recipients with their reason (diagnostic), sets c->reason. */
enum prose_found prose_parse(
    struct came_back *c, struct span text, const struct span *not_these, size_t n, struct arena *);
