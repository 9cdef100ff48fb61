/* client.h: whose request it is: the peer's address, or, where the peer is a proxy we trust, whom it names
 * (Forwarded of RFC 7239, X-Forwarded-For). Pure. */
#pragma once

#include "conf.h"

/* Of a socket; an IPv4 address mapped into IPv6 comes out as IPv4. */
void client_peer(const struct sockaddr *, struct ip *);
/* Is it in one of the networks of that setting? A peer at a Unix socket is in all: it is this machine's, and where such a
 * socket is listened at, a proxy is meant. block NULL: no. */
bool client_in(const struct conf_block *, const char *setting, const struct ip *);

/* Each as one list, of all fields of the name; empty: none. */
struct client_fields {
	struct span forwarded, x_forwarded_for;
};

/* Which of them the proxies write. CLIENT_EITHER: X-Forwarded-For where both are there, since proxies that write that
 * one alone let a client's own Forwarded through. */
enum client_field { CLIENT_EITHER, CLIENT_FORWARDED, CLIENT_X_FORWARDED_FOR };

/* Goes through the names from the last one, which the nearest proxy wrote, for as long as the one who wrote it is trusted
 * by that block's "trusted-proxy"; what cannot be read, "unknown" and hidden names end it. */
void client_find(const struct conf_block *, const struct ip *peer, enum client_field,
    struct client_fields, struct ip *client);
