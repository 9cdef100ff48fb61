/* sockets.h: the listening sockets, which the master binds and keeps, so that none is refused while a role restarts.
 *
 * A set holds the sockets that one configuration names. A socket is known by its address (and worker), not by the listener
 * or the place it is named in: a set takes over what another one has, and the last set that is freed closes it. So the set of
 * a configuration that is refused leaves that of the one in force as it was. */
#pragma once

#include "conf.h"
#include "role_kind.h"

struct sockets;

/* The set for a configuration, each worker its own socket (SO_REUSEPORT); what it shares with the set in force (or NULL) is
 * taken over. NULL: "127.0.0.1:25 (inbound): cannot listen: Address already in use". */
struct sockets *
sockets_bind(const struct conf *, unsigned workers, const struct sockets *in_force, struct err *);
/* The same at a start: roles of a master that was killed may hold the ports for a moment yet. */
struct sockets *sockets_bind_patiently(const struct conf *, unsigned workers, struct err *);
/* Calls back for each socket of smtpd's or web's worker: name "listen NAME I" (web: "listen =web I"), the descriptor
 * (not to close). */
void sockets_each(const struct sockets *, enum role_kind, unsigned worker,
    void (*each)(void *ctx, const char *name, int fd), void *ctx);
/* NULL is fine. A Unix socket that no set names any more is removed. */
void sockets_free(struct sockets *);
