/* clients.h: connections and rates of each client, counted over all workers in memory the master shares.
 *
 * A client is an IPv4 address, or the /64 of an IPv6 address; clients on Unix sockets are not counted. Each worker counts in
 * a column of its own. A lock of the kernel's says whose column it is, and falls with its owner: what a worker that was
 * killed had counted is given back by the next worker that starts, or by one that is about to refuse somebody. When all
 * columns are taken, a worker counts alone and says so.
 *
 * The other workers write this memory too, and one of them may be broken into. So the memory must be sealed against
 * shrinking, and what is read there only ever makes a count wrong. */
#pragma once

#include "conf.h"
#include "ip.h"

struct clients;

/* fd: the shared memory, kept open; or -1: this worker counts alone. */
struct clients *clients_new(int fd);
void clients_free(struct clients *); /* what it counted is given back */

enum client_verdict { CLIENT_WELCOME, CLIENT_TOO_MANY, CLIENT_TOO_OFTEN };

/* One connection more; counted only if it is welcome. The address is unmapped. *slot is for clients_left(). */
enum client_verdict clients_came(struct clients *, const struct ip *, unsigned max_connections,
    struct conf_rate, uint64_t now_ms, int *slot);
void clients_left(struct clients *, int slot);

/* Bytes of shared memory for so many workers. */
size_t clients_bytes(unsigned workers);
