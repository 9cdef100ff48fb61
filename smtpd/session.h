/* session.h: the dialogue with one client (RFC 5321), from its accept to its end. */
#pragma once

#include <sys/socket.h>

struct listener;
struct session;

/* Greets. Owns fd; slot is the client's of clients.h. */
void session_new(struct listener *, int fd, const struct sockaddr_storage *from, int slot);
/* We stop: an idle session ends now (421 4.3.2), another after its transaction. */
void session_stop(struct session *);
/* Ends it as it stands. */
void session_abandon(struct session *);
