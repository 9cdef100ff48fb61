/* past.h: events of the past, as trackd-stats finds them in the event files. */
#pragma once

#include "ask.h"

enum { PAST_EVENTS_MAX = 100000, PAST_MESSAGES_MAX = 50 };

/* In order of message and time. */
struct past {
	json_t **at;
	size_t n, max;
};

/* All events of the messages that `which` means: an id or its beginning, an address, a Message-ID. Of an address with
 * many messages the PAST_MESSAGES_MAX first found. Exit code, after saying what was wrong. */
int past_find(struct ctl *, const char *which, struct past *);
/* The same of one message id, in silence. -1: nobody could be asked. */
int past_of(struct ctl *, const char *id, struct past *);
/* Events of the web side know a recipient by number alone: they get the address that other events of the message name. */
void past_name(struct past *);
void past_free(struct past *);
