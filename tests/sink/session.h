/* session.h: the dialogue with one client of a provider, over libevent.
 *
 * What is taken is given to the store with its envelope; what is refused is logged too. */
#pragma once

#include "provider.h"
#include "store.h"

#include <event2/event.h>
#include <openssl/ssl.h>

struct session_world {
	struct event_base *base;
	SSL_CTX *tls;
	struct store *store;
};

/* Takes over the socket; frees itself when the connection ends. client: its address, for the log. */
void session_start(struct session_world *, struct provider *, int fd, const char *client);
