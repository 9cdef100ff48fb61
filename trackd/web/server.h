/* server.h: all connections of the web server: read, answered and timed out.
 *
 * A connection is always in one state, which says what is awaited and for how long; connections of a state stand in a
 * queue in order of their deadlines. What was answered in a turn leaves at its end, behind the events: a click that was
 * answered is in the event file. */
#pragma once

#include "web_conf.h"

struct server;

/* The configuration lives as long as the process. */
struct server *server_new(const struct web_conf *);

/* Takes the connection over, or says 503 and closes it; never keeps more than its settings allow. */
void server_came(struct server *, int fd, const struct sockaddr *from);
/* One more than there are descriptors for: 503 and closed at once. */
void server_turn_away(struct server *, int fd, const struct sockaddr *from);

/* Idle connections are closed, requests in hand are answered; empty() when nothing is left. replaced: others have taken over; who has
 * connected and not asked yet may still ask. */
void server_stop(struct server *, bool replaced, void (*empty)(void *ctx), void *ctx);
