/* prose.h: recipients and reasons from a report written for people: qmail, Exim, sendmail, Exchange, Gmail,
 * and whoever wrote a mail of his own about it. Pure.
 *
 * There are few ways to write such a report: a recipient stands at the start of a line, alone or before its reason;
 * or in a sentence that says what failed. Stronger forms found, weaker ones are not looked at. */
#pragma once

#include "came_back.h"

/* text: readable text before the quoted original. Not taken: the addresses in not_these (n of them) and daemons.
 * Adds recipients with their reason (diagnostic), sets c->reason. */
void prose_parse(
    struct came_back *c, struct span text, const struct span *not_these, size_t n, struct arena *);
