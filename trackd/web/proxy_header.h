/* proxy_header.h: the PROXY protocol, versions 1 and 2: whom a proxy speaks for, said before the first byte of HTTP.
 *
 * Pure. Only for connections that are known to begin with it, from addresses that may say so: the caller sees to that.
 * (The protocol has no RFC; HAProxy's doc/proxy-protocol.txt is it.) */
#pragma once

#include "client.h"

enum { PROXY_HEADER_MAX = 4096 }; /* addresses and TLVs; a longer one is bad */

enum proxy_step { PROXY_MORE, PROXY_READY, PROXY_BAD };

struct proxy_header {
	size_t bytes; /* of the header: HTTP begins behind them */
	struct ip
	    client; /* AF_UNSPEC: the proxy itself speaks (LOCAL), or does not know (UNKNOWN, other families) */
};

/* in begins with the connection's first byte. */
enum proxy_step proxy_header_read(struct span in, struct proxy_header *);
