/* client.h: whose request it is: the peer's address, or, where the peer is a proxy we trust, whom it names
 * (Forwarded of RFC 7239, X-Forwarded-For). Pure. */
#pragma once

#include "conf.h"

#include <netinet/in.h>

struct client_fields {
	struct span forwarded,
	    x_forwarded_for; /* of several fields of a name the last; empty: none */
};

/* Goes through the names from the last one, which the nearest proxy wrote, for as long as the one who wrote it is trusted
 * by that block's "trusted-proxy"; what cannot be read ends it. Writes an address, without port. */
void client_find(const struct conf_block *, const struct sockaddr *peer, struct client_fields,
    char out[INET6_ADDRSTRLEN]);
