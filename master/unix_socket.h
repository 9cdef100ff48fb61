/* unix_socket.h: Unix sockets that the master makes, and the files of earlier ones that stand in their way.
 *
 * Each has its final owner and mode from its first moment: it is made under a umask, or in a folder nobody else can enter and
 * then renamed to its place. What is removed is a socket, ours, and nobody's who still listens; anything else is refused. */
#pragma once

#include <sys/types.h>

struct err;

/* Which file it was that we made, so that no other is removed for it. */
struct unix_socket {
	dev_t dev;
	ino_t ino;
};

/* One that everybody may open (mail from this machine: who comes is seen by his uid). */
int unix_socket_listen(const char *path, int backlog, struct unix_socket *, struct err *);
/* Its file, if it still is that one. */
void unix_socket_remove(const char *path, const struct unix_socket *);

/* A control socket run/ROLE/FILE, for root and the group alone; the old one is replaced. */
int unix_socket_control(
    const char *run, const char *role, const char *file, unsigned gid, struct err *);
