/* resolve_conf.h: the resolver block of posthouse.conf(5), and what deliverd-resolve reads from it. */
#pragma once

#include "conf.h"
#include "dns.h"

struct resolver_conf {
	struct dns_conf dns;
	uint64_t timeout_ms;
	const struct conf_block *block; /* for allow-private; NULL: none */
	struct span *own;               /* names that are this relay, in the arena */
	unsigned own_n;
};

extern const struct conf_table resolver_table; /* the block, for the master's table */
extern const struct conf_table resolve_table;  /* all that deliverd-resolve reads */

void resolver_read(const struct conf *, struct resolver_conf *, struct arena *);
/* The zones that libunbound answers itself, of which the name servers are to be asked all the same; ends with NULL. */
const char *const *resolver_zones_asked(const struct dns_conf *);
bool resolver_allows(const struct resolver_conf *, const struct ip *);
