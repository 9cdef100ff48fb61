/* delivery_state.h: what may be said of a delivery in the queue: the one list of states and their words.
 *
 * queued moves deliveries among them (its delivery.h), posthouse(1) shows and selects by them, mailq(1) marks them, and
 * posthouse(1) explains each word. A word is lower case and has no space. */
#pragma once

#include "buf.h"

enum delivery_state {
	DELIVERY_NEW,       /* nothing was decided yet */
	DELIVERY_CONFIRM,   /* bouncd is asked whether it is suppressed */
	DELIVERY_ROUTING,   /* resolve is asked where to */
	DELIVERY_LANE,      /* lines up */
	DELIVERY_REWRITING, /* the rewriter makes its bytes */
	DELIVERY_SENDING,   /* in a transaction at deliverd */
	DELIVERY_VERDICT,   /* bouncd is asked what the reply means */
	DELIVERY_DEFERRED,  /* waits for its next attempt */
	DELIVERY_PAUSED,    /* waits until its tenant is released */
	DELIVERY_HELD,      /* an operator holds it */
	DELIVERY_RETURNED,  /* handed to bouncd as a bounce that came back */
	DELIVERY_NOTICE,    /* given up; the bounce message is being made and stored */
	DELIVERY_ENDING,    /* its done record is on the way to the disk */
	DELIVERY_ENDED,
	DELIVERY_STATES,
	/* Of files that are no deliveries, and are listed beside them. */
	QUEUE_UNREADABLE = DELIVERY_STATES, /* cannot be read now */
	QUEUE_CORRUPT,                      /* set aside in corrupt/ */
	QUEUE_DROPPED,                      /* in the trash */
	QUEUE_STATES,
};

const char *delivery_state_name(enum delivery_state);
/* By its word, ASCII case-blind; -1: there is no such state. */
int delivery_state_of(struct span);
/* Those that may be asked for, "lane, sending, ...": for messages and help. */
void delivery_state_words(struct buf *out);
/* What mailq(1) puts behind the id: '*' on its way to a server, '!' held, ' ' waits. */
char delivery_state_mark(enum delivery_state);
