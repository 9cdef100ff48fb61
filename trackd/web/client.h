/* client.h: whose request it is: the peer's address, or, where the peer is a proxy we trust, whom it names
 * (Forwarded of RFC 7239, X-Forwarded-For). Pure. */
#pragma once

#include "conf.h"

#include <netinet/in.h>

union web_address {
	struct sockaddr
	    any; /* AF_INET, AF_INET6, or something that is no client's: AF_UNIX, AF_UNSPEC */
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Of a socket; an IPv4 address mapped into IPv6 comes out as IPv4. */
void web_address_of(const struct sockaddr *, union web_address *);
/* 192.0.2.1 or 2001:db8::1, nothing else. */
bool web_address_read(struct span, union web_address *);
void web_address_unmap(union web_address *);
/* Without port; "" for what is neither IPv4 nor IPv6. */
void web_address_text(const union web_address *, char out[INET6_ADDRSTRLEN]);
/* Is it in one of the networks of that setting? A peer at a Unix socket is in all: it is this machine's, and where such a
 * socket is listened at, a proxy is meant. block NULL: no. */
bool web_address_in(const struct conf_block *, const char *setting, const union web_address *);

/* Each as one list, of all fields of the name; empty: none. */
struct client_fields {
	struct span forwarded, x_forwarded_for;
};

/* Which of them the proxies write. CLIENT_EITHER: X-Forwarded-For where both are there, since proxies that write that
 * one alone let a client's own Forwarded through. */
enum client_field { CLIENT_EITHER, CLIENT_FORWARDED, CLIENT_X_FORWARDED_FOR };

/* Goes through the names from the last one, which the nearest proxy wrote, for as long as the one who wrote it is trusted
 * by that block's "trusted-proxy"; what cannot be read, "unknown" and hidden names end it. */
void client_find(const struct conf_block *, const union web_address *peer, enum client_field,
    struct client_fields, union web_address *client);
