/* client.h: one connection of the generator: connects, says EHLO, sends message after message.
 *
 * With PIPELINING offered (and not forbidden) MAIL, RCPT and DATA leave together; else one by one. A connection that
 * is lost is made anew when the style says so, after a pause. */
#pragma once

#include "load.h"

struct client_style {
	const char *address; /* of the server */
	bool pipelining;     /* use it when offered */
	bool reconnect;
	unsigned timeout_s; /* without an answer: the connection counts as lost */
};

struct client;

struct client *
client_new(const struct client_style *, struct load *, const struct mail_maker *, int epoll);
void client_free(struct client *);

void client_ready(struct client *, uint32_t epoll_events); /* the socket has something */
/* Takes up work when free, makes a lost connection anew, notices time-outs. Once a turn. */
void client_tick(struct client *, uint64_t now);
bool client_busy(const struct client *); /* a message is on its way */
bool client_dead(const struct client *); /* lost for good */
void client_quit(struct client *);
