/* mx.h: the hosts of a domain and the order they are tried in (RFC 5321 5.1; null MX RFC 7505). Pure. */
#pragma once

#include "span.h"

enum { MX_HOSTS_MAX = 20, MX_READ_MAX = 100 };

struct mx {
	uint16_t preference;
	struct span
	    name; /* lower case, without the last dot; empty: the root, which means no mail */
};

struct mx_list {
	unsigned n;
	unsigned unusable; /* records besides, whose names cannot be hosts' */
	struct span bad;   /* the name of one of these */
	struct mx at[MX_READ_MAX];
};

/* Best first; equals in an order drawn anew each time, so that load spreads. draw: uniform below n. */
void mx_order(struct mx_list *, uint32_t (*draw)(uint32_t n));
/* Whether it can be a host's: letters, digits, "-" and "_" between dots, and no address. In lower case. */
bool mx_name_is_host(struct span);
/* One record, and that one names the root. */
bool mx_is_null(const struct mx_list *);
/* Drops the root among others, and equal names but the best. In order before. */
void mx_tidy(struct mx_list *);
/* If one of the names is ours, it and what is not better than it are dropped: mail must not come back. In order before.
 * True: one was ours. */
bool mx_drop_own(struct mx_list *, const struct span *own, unsigned own_n);
