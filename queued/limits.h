/* limits.h: from `site` blocks to a lane's limits, each with the place it was written (pure).
 *
 * For each limit the most specific block that sets it wins: by site name, then by a glob over the domain, then over an
 * MX host, then what is built in. Among equals the first. Domains of one site that are held by different blocks have
 * different scopes, and so a lane each: what is written for one domain never holds another one's mail. */
#pragma once

#include "span.h"

enum limit_kind {
	LIMIT_CONNECTIONS,     /* at once */
	LIMIT_CONNECTION_RATE, /* per per_s */
	LIMIT_PER_CONNECTION,  /* messages */
	LIMIT_MESSAGE_RATE,    /* per per_s */
	LIMIT_RECIPIENTS,      /* a transaction */
	LIMITS_N,
};

struct limit {
	uint64_t value;   /* 0: unlimited, or unset in a rule */
	uint64_t per_s;   /* rates */
	const char *file; /* NULL: built in */
	uint32_t line;
};

struct limits {
	struct limit of[LIMITS_N];
	uint64_t
	    scope; /* equal where the same blocks win, for whatever they say; 0: none by domain or MX host */
	struct span block; /* the first of those that win by domain or MX host; empty: none */
};

struct limit_rule {
	struct span name; /* of the block */
	struct span *mx, *domains;
	uint32_t mx_n, domains_n;
	bool set[LIMITS_N];
	struct limits limits;
};

struct limits limits_find(const struct limit_rule *, size_t rules_n, struct span site,
    struct span domain, const struct span *mx, size_t mx_n);
/* "connections", "message-rate": as written in the configuration. */
const char *limit_name(enum limit_kind);
