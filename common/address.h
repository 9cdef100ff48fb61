/* address.h: the one form of a mail address by which lists know it. Pure.
 *
 * ASCII letters are in lower case, in the local part too (RFC 5321 2.4 would let them differ; no provider does). A quoted
 * local part that needs no quotes has none, another is escaped as little as it may be; the root's dot is gone; an IPv6
 * literal is as RFC 5952 writes it. Bytes past ASCII stay as they are: domains are in A-labels before (idna.h), and a local
 * part that is not ASCII belongs to its domain, which alone may say what of Unicode is the same (RFC 6530 10.1). */
#pragma once

#include "span.h"

enum { ADDRESS_CANONICAL_EXTRA = 48 }; /* an IPv6 literal may grow by less */

/* to has room for address.n + ADDRESS_CANONICAL_EXTRA; how many bytes. What is no address comes out in lower case. */
size_t address_canonical(char *to, struct span address);
