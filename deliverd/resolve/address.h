/* address.h: addresses mail may go to. Loopback, private, link-local, multicast and null ones lead nowhere or back into
 * our own house: refused unless the configuration allows their network. */
#pragma once

#include "conf.h"

#include <netinet/in.h>

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

struct address {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1"; -1: neither. */
int address_read(struct span, struct address *);
void address_text(const struct address *, char out[ADDRESS_TEXT]);
/* Of an address literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3); -1: it is none. */
int address_literal(struct span domain, struct address *);

bool address_is_public(const struct address *);
bool address_in(const struct address *, const struct conf_network *);
