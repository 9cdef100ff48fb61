/* path.h: the path of MAIL and RCPT (RFC 5321 4.1.2): <local@domain>, <>, <Postmaster>. Pure.
 *
 * UTF-8 is read in local parts and domains (RFC 6531 3.3); whether it may stand there, the caller decides by utf8. A domain
 * in U-labels is kept in A-labels. A source route is read and forgotten (RFC 5321 F.2). */
#pragma once

#include "arena.h"
#include "span.h"

enum { PATH_LOCAL_MAX = 64, PATH_DOMAIN_MAX = 255, PATH_MAX_BYTES = 254 };

struct path {
	struct span address; /* "local@domain" as kept: domain in lower case; empty: <> */
	struct span local,
	    domain; /* parts of address; the domain is empty for <> and <Postmaster> */
	bool utf8;  /* it was given with characters beyond ASCII */
};

/* NOT_UTF8: bytes that are no characters. NO_DOMAIN: IDNA knows no such domain. */
enum path_error { PATH_OK, PATH_SYNTAX, PATH_LONG, PATH_NOT_UTF8, PATH_NO_DOMAIN };

/* Takes the path at the front of s; *rest is what follows it. The address lives in the arena. */
enum path_error path_read(struct span s, struct arena *, struct path *, struct span *rest);
