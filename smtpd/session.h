/* session.h: the dialogue with one client (RFC 5321), from its accept to its end. */
#pragma once

#include "ip.h"

struct listener;
struct session;

/* Greets. Owns fd; the client's address is unmapped; slot is the client's of clients.h. */
void session_new(struct listener *, int fd, const struct ip *client, int slot);
/* We stop: an idle session ends now (421 4.3.2), another after its transaction. */
void session_stop(struct session *);
/* Ends it as it stands. */
void session_abandon(struct session *);
