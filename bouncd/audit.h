/* audit.h: who changed the suppression list or switched links off, and why: a log line, and an event "admin" in bouncd.jsonl. */
#pragma once

#include "bouncd.h"
#include "control.h"

struct audit {
	const char *verb;
	unsigned actor;
	const struct suppression_entry *entry; /* NULL: many, or nobody is to be named */
	uint64_t count;                        /* 0: is left out */
	const char *kind; /* of a block of links, and what is blocked; or NULL */
	struct span value;
	struct span reason; /* of the act, as the actor gave it */
};

/* -1: the event could not be written; the log says so. */
int audit(struct bouncd *, const struct audit *);
