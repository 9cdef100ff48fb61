/* sockets.h: the listening sockets, which the master binds and keeps, so that none is refused while a role restarts. */
#pragma once

#include "conf.h"
#include "role_kind.h"

/* Binds what the configuration names and is not bound yet: each worker its own (SO_REUSEPORT). -1: "cannot listen on
 * 127.0.0.1:25 (listener inbound): Address already in use". */
int sockets_bind(const struct conf *, unsigned workers, struct err *);
/* The same at a start: roles of a master that was killed may hold the ports for a moment yet. */
int sockets_bind_patiently(const struct conf *, unsigned workers, struct err *);
/* Calls back for each socket of smtpd's or web's worker: name "listen NAME I" (web: "listen =web I"), the descriptor
 * (not to close). */
void sockets_each(
    enum role_kind, unsigned worker, void (*each)(void *ctx, const char *name, int fd), void *ctx);
/* Closes those the configuration no longer names. */
void sockets_prune(void);

/* A control socket run/ROLE/view.sock or ops.sock, bound anew (an old file is removed). */
int sockets_control(const char *folder, const char *file, unsigned gid, struct err *);
