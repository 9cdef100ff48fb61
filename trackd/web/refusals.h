/* refusals.h: what is refused, in the log: the first of a kind at once, then one line in ten seconds with their number, so
 * that a flood of requests is no flood of lines. */
#pragma once

#include "client.h"

enum refusal {
	REFUSED_CONNECTIONS,
	REFUSED_NETWORK_CONNECTIONS,
	REFUSED_NETWORK_RATE,
	REFUSED_DESCRIPTORS,
	REFUSED_BUFFERS,
	REFUSED_PROXY,
	REFUSED_MALFORMED,
	REFUSED_TOO_LARGE,
	REFUSED_SLOW,
	REFUSALS,
};

/* why: a word more, chosen by us; or NULL. */
void refusals_note(enum refusal, const char *why, const struct ip *client);
/* Now and then: lines for what nothing followed. */
void refusals_tick(void);
/* At the end: all that was not said. */
void refusals_flush(void);
