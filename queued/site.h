/* site.h: a destination as its provider runs it: what is limited and learned together.
 *
 * Many domains are one site: all whose MX hosts belong to one organisation, or that take one route. A site has no hosts:
 * where a domain's mail may go is the domain's own (domain.h, host_set.h). Domains that a block of the configuration
 * names apart (limits.h, scope) have a site of the same name to themselves. A site without domains and lanes goes away.
 * Limits are few, whatever the number of sites: those with equal ones share them. */
#pragma once

#include "host_set.h"
#include "limits.h"

struct queued;
struct sites;

struct site {
	struct table_node by_name;
	struct span name;
	bool by_route;
	const struct limits *limits;
	uint32_t lanes, domains; /* that point here */
	/* The domain that last came here, whose limits these are, and its hosts: looked up anew when blocks change. */
	struct host_set *example_hosts;
	char *example; /* NULL: it has the site's name */
	char text[];
};

struct sites *sites_new(struct queued *);
/* The site of that name whose limits are this domain's. Does not count the domain. */
struct site *
site_get(struct sites *, struct span name, bool by_route, struct span domain, struct host_set *);
/* By its name, or that of the block that limits it; an empty glob fits all. */
bool site_fits(const struct site *, struct span glob);
/* A lane or a domain points to it, or does no more: with the last it is freed. */
void site_lane(struct sites *, struct site *, int more);
void site_domain(struct sites *, struct site *, int more);
size_t sites_bytes(const struct sites *);
/* The configuration changed: limits are looked up anew. */
void sites_conf(struct sites *);
