/* past.h: events of the past, as trackd-stats finds them in the event files. */
#pragma once

#include "ask.h"
#include "id.h"

enum { PAST_EVENTS_MAX = 100000, PAST_MESSAGES_DEFAULT = 50 };

/* In order of message and time. */
struct past {
	json_t **at;
	size_t n, max;
	/* The messages that were meant, each an id, sorted: those the events are of, and those of which there is no event yet. */
	char (*messages)[ID_CHARS + 1];
	size_t messages_n, messages_max;
	size_t messages_found; /* more, if they were too many: the youngest are kept */
};

/* All events of the messages that `which` means: an id or its beginning, an address, a Message-ID; of an address or Message-ID
 * also messages that wait in the queue. Of many the `most` youngest. Exit code, after saying what was wrong; the beginning
 * of several ids is wrong. */
int past_find(struct ctl *, const char *which, size_t most, struct past *);
/* The same of one message id, in silence. -1: nobody could be asked. */
int past_of(struct ctl *, const char *id, struct past *);
/* Events of the web side know a recipient by number alone: they get the address that other events of the message name. */
void past_name(struct past *);
/* Keeps of each message what is about that recipient, and about nobody. A message from that address stays whole. */
void past_only(struct past *, const char *address);
/* An event of that message has that value, whatever its case. */
bool past_has(const struct past *, const char *message, const char *key, const char *value);
void past_free(struct past *);
