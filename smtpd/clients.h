/* clients.h: connections and rates of each client, counted over all workers in memory the master shares.
 *
 * A client is an IPv4 address, or the /64 of an IPv6 address; clients on Unix sockets are not counted. Each worker counts in
 * a column of its own, which it clears when it starts: a worker that was killed leaves no connection behind. */
#pragma once

#include "conf.h"

struct clients;

/* fd: the shared memory, or -1: this worker counts alone. column: a number no other living worker has; the one that is
 * replaced at a reload lives on for a while beside its successor. */
struct clients *clients_new(int fd, unsigned column);

enum client_verdict { CLIENT_WELCOME, CLIENT_TOO_MANY, CLIENT_TOO_OFTEN };

/* One connection more; counted only if it is welcome. *slot is for clients_left(). */
enum client_verdict clients_came(struct clients *, const struct sockaddr *,
    unsigned max_connections, struct conf_rate, uint64_t now_ms, int *slot);
void clients_left(struct clients *, int slot);

/* Bytes of the shared memory that fd must have. */
size_t clients_bytes(void);
