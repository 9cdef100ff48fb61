/* route.h: which fixed route a domain takes (pure). The exact name wins, then the longest *.domain, then *. */
#pragma once

#include "proto_deliver.h"
#include "table.h"

struct route_host {
	struct span name;    /* as written */
	struct span address; /* the same where it is an address; empty: a name to be resolved */
	uint16_t port;
};

struct route {
	struct table_node by_pattern;
	struct span pattern; /* lower case: "b.example", "*.b.example" or "*" */
	struct route_host *hosts;
	uint32_t hosts_n;
	enum tls_policy tls;
	bool implicit_tls;
	struct span login, password;
	const char *file; /* where it was written */
	uint32_t line;
};

struct routes {
	struct table by_pattern;
};

/* Takes no copy; an equal pattern that is there already: -1. */
int routes_add(struct routes *, struct route *);
/* NULL: none, ask the DNS. domain in lower case; cost grows with its labels, never with the routes. */
const struct route *routes_find(const struct routes *, struct span domain);
void routes_free(struct routes *);
