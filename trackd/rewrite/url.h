/* url.h: which links are tracked, and where they lead (WHATWG URL, as far as a link must be known).
 *
 * Takes the value of an attribute, character references resolved, in UTF-8. */
#pragma once

#include "arena.h"
#include "buf.h"

struct url {
	struct span host;       /* with user and port, inside the text */
	struct span query;      /* behind "?", without the fragment; empty: none */
	bool protocol_relative; /* begins with "//" */
};

/* What a browser drops first: controls and spaces at both ends, tabs and line ends anywhere. Appends to out. */
void url_trim(struct span value, struct buf *out);

/* Is the trimmed text an http, https or protocol-relative URL with a host that is a host: no template, no
 * character that none may have? */
bool url_is_web(struct span trimmed, struct url *);

/* The name in it, without user and port. */
struct span url_host_name(const struct url *);
/* The same as DNS has it: percent signs resolved, in A-labels where it is beyond ASCII; as it is where it is no name.
 * May live in the arena. */
struct span url_host_ascii(const struct url *, struct arena *);
/* Is the name one of the hosts, or below one? They are in lower case and in order. */
bool url_host_listed(struct span name, const struct span *hosts, size_t n);
void url_hosts_sort(struct span *hosts, size_t n);

/* Percent-encodes controls, spaces and what is not ASCII, and nothing else: fit for a Location field. */
void url_put_encoded(struct span, struct buf *out);
