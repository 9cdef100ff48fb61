/* intake.h: the cheapest SMTP server that is still correct, for sink and floor.
 *
 * One process, one epoll loop. It accepts every sender and recipient. What arrived in one turn of the loop is a
 * group: each message is given to message(), then commit() is called once, and only then do the clients get their 250. */
#pragma once

#include "err.h"
#include "span.h"

struct intake_message {
	struct span from;       /* without <> */
	struct span recipients; /* without <>, each followed by LF */
	struct span content; /* still dot-stuffed, without the final dot; may be changed in place */
};

struct intake_hooks {
	void (*message)(void *, const struct intake_message *);
	void (*commit)(void *); /* NULL: nothing to do */
	void (*idle)(void *);   /* once a turn, and at least once a second; NULL: nothing */
};

struct intake_style {
	const char *address; /* 127.0.0.1:2600 */
	bool pipelining;     /* announce it */
	unsigned delay_ms;   /* from the final dot to its 250 */
	size_t message_max;  /* bytes; more closes the connection */
};

struct intake;

/* Listens at once. NULL with err set when it cannot. */
struct intake *
intake_new(const struct intake_style *, const struct intake_hooks *, void *, struct err *);
/* Runs until intake_stop(), which may be called from a signal handler. */
void intake_run(struct intake *);
void intake_stop(struct intake *);
void intake_free(struct intake *);
