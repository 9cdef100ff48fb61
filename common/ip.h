/* ip.h: the addresses of hosts, as text, as bytes, and in networks. Pure. */
#pragma once

#include "span.h"

#include <netinet/in.h>

enum { IP_TEXT = INET6_ADDRSTRLEN };

struct ip {
	int family; /* AF_INET, AF_INET6; of a peer also AF_UNIX, with no bytes */
	uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1"; -1: neither. */
int ip_read(struct span, struct ip *);
/* "" of other families. */
void ip_text(const struct ip *, char out[IP_TEXT]);
/* Of an address literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3); -1: it is none. */
int ip_literal(struct span domain, struct ip *);
/* Of a socket address, whatever its family. */
void ip_of(const struct sockaddr *, struct ip *);
/* Of who has connected: an IPv4 client of a socket that takes both families is an IPv4 client. */
void ip_of_peer(const struct sockaddr *, struct ip *);
/* Of 4 or 16 bytes as they stand in a packet; -1: there are not so many. */
int ip_of_bytes(struct span, struct ip *);
/* The other way; the length of what stands in out. */
socklen_t ip_socket(const struct ip *, uint16_t port, struct sockaddr_storage *out);

/* An IPv4 address mapped into IPv6 (RFC 4291 2.5.5.2) becomes that IPv4 address. */
void ip_unmap(struct ip *);
bool ip_same(const struct ip *, const struct ip *);
/* The first bits of both are the same, and both of one family. */
bool ip_within(const struct ip *, const struct ip *net, unsigned bits);
/* 127.0.0.0/8 or ::1: this machine. */
bool ip_is_loopback(const struct ip *);
/* Loopback, private, link-local, multicast and null ones lead nowhere or back into one's own house: not public. */
bool ip_is_public(const struct ip *);
