/* addresses.h: the addresses of a list (RFC 5322 3.4): names, comments, groups and old forms around them. Pure.
 *
 * What is not an address comes out as one that is wrong, and never as another one: who sends to a list sends to all of it
 * or to nobody. */
#pragma once

#include "arena.h"

enum { ADDRESS_BYTES = 4096 };

struct address {
	struct span
	    text; /* "b@b.example" without white space and comments; what is wrong: as it stands there. In the arena */
	bool has_domain;   /* false: text is a local part alone */
	size_t domain_at;  /* of such a one: where in the list "@domain" would stand */
	const char *wrong; /* NULL, or why it is not an address */
};

/* The next address from *at on, which goes behind it; false: there is none left. Empty entries are passed over. */
bool addresses_next(struct span list, size_t *at, struct arena *, struct address *);
