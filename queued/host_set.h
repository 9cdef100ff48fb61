/* host_set.h: the hosts that a domain's mail may go to: its own MX hosts with their addresses, or those of its route.
 *
 * A set is known by what it holds: domains with the same hosts and terms share one, which is counted. It never changes;
 * another answer of the DNS is another set. What is learned of a provider is the site's (site.h), never a set's. */
#pragma once

#include "proto_deliver.h"
#include "table.h"

struct host {
	struct span name; /* as the MX record or the route says it; the certificate is to have it */
	struct span address;
	uint16_t port;
	uint16_t rank; /* the lowest is tried first; equals in an order drawn for each connection */
};

/* How the hosts are approached. */
struct host_terms {
	enum tls_policy tls;
	bool implicit_tls;
	struct span login, password; /* empty: no AUTH */
};

struct host_set {
	struct table_node by_content;
	uint32_t refs;
	uint32_t hosts_n; /* at most DELIVER_HOSTS_MAX */
	size_t bytes;     /* of this, with the text of all spans behind the hosts */
	struct host_terms terms;
	struct host hosts[];
};

/* The set with these hosts, with one reference more. Sorts what it is given; copies all. */
struct host_set *
host_set_get(struct table *sets, const struct host_terms *, struct host *, uint32_t n);
struct host_set *host_set_keep(struct host_set *);
void host_set_drop(struct table *sets, struct host_set *); /* NULL: fine */
/* Of all sets of the process. */
size_t host_sets_bytes(void);

/* The host with that name, address and port; NULL: the set has none. */
const struct host *
host_set_find(const struct host_set *, struct span name, struct span address, uint16_t port);
/* Whether a connection to that host, made on those terms, may carry mail for this set too: it is one of its best. */
bool host_set_takes(const struct host_set *, const struct host *, const struct host_terms *);
/* In the order of one connection: by rank, names of a rank drawn, of a name IPv4 before IPv6. uniform: below n. */
void
host_set_order(const struct host_set *, uint32_t (*uniform)(uint32_t n), const struct host **order);
