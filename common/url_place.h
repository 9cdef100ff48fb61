/* url_place.h: where a URL leads, as a browser takes it (WHATWG URL, special schemes), in a form that can be compared.
 *
 * The host: A-labels in lower case, percent-encoding undone, numbers of IPv4 in all their spellings as 192.0.2.1, an
 * address of IPv6 in its one form, no root's dot; without user and port. Whatever the scheme. The path, query and fragment follow as written. Pure. */
#pragma once

#include "buf.h"

enum { URL_HOST_MAX = 253 };

struct url_place {
	char host[URL_HOST_MAX + 1];
	struct span path; /* from the first "/", "?" or "#" on; in the URL */
};

/* http://..., //... or without a scheme. -1: no host is in it, or one that no browser would look up. */
int url_place(struct span url, struct url_place *);
/* The path as browsers and servers take it, appended: percent-encoding undone, backslashes as slashes, empty, "." and ".."
 * segments resolved (RFC 3986 5.2.4). So two spellings of one page are one; query and fragment are decoded and follow. */
void url_path_plain(struct span path, struct buf *out);
