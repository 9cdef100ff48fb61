/* domain_kept.h: what is known of recipient domains and of the hosts of routes, as small as it can be.
 *
 * A domain at rest is its name, its answer and where that points. What it needs while it is asked about, or while deliveries
 * wait for it, is apart, and so are the words of an answer that is none. Those at rest are in order of their last use:
 * who was not used for an hour goes, and before that the longest unused where all together take more than they may. */
#pragma once

#include "domain.h"

struct host;

/* Of a domain that is asked about, or whose deliveries still go on. */
struct domain_asked {
	struct table_node by_ask;
	struct domain *domain;
	uint64_t ask;    /* 0: answered, and some of its deliveries still go on */
	uint64_t tenant; /* hash of the name of whose question it is */
	bool unsent;     /* it waits until resolve takes more */
	TAILQ_ENTRY(domain_asked) unsent_link;
	bool settling; /* in the list of those whose deliveries go on in another turn */
	TAILQ_ENTRY(domain_asked) settling_link;
	bool in_hand; /* they go on in this call */
	struct deliveries waiting;
	struct host *coming; /* hosts as they come in, until the answer */
	uint32_t coming_n;
	uint16_t coming_preference;
	struct arena *arena;
};

/* Of a domain whose last answer was none. */
struct domain_trouble {
	struct domain *domain;
	bool lost; /* a host of a route that cannot be found, and in the list of those */
	TAILQ_ENTRY(domain_trouble) link;
	char why[];
};

struct domain {
	struct table_node by_name;
	TAILQ_ENTRY(domain) link; /* unless it is asked: the longest unused first */
	struct domain_asked *asked;
	struct domain_trouble *trouble;
	struct site *site; /* RESOLVE_OK, of a recipient domain */
	struct host_set *hosts;
	uint64_t until_ms; /* 0: nothing is known */
	uint32_t used_s;
	uint32_t conf;     /* the configuration its site is of, or that it was asked under */
	uint16_t failures; /* look-ups in a row that came to nothing */
	uint8_t kind;      /* enum resolve_kind */
	uint8_t status;    /* enum resolve_status */
	uint32_t name_n;
	char name[];
};

TAILQ_HEAD(domain_list, domain);
TAILQ_HEAD(domain_asked_list, domain_asked);
TAILQ_HEAD(domain_trouble_list, domain_trouble);

struct domains {
	struct queued *q;
	struct table by_name, asks, sets;
	struct domain_list resting;
	struct domain_asked_list settling, unsent;
	struct domain_trouble_list lost;
	size_t lost_n;
	size_t bytes; /* of the domains */
	struct due go_on, tick;
	uint64_t last_ask;
	uint32_t conf; /* counts the configurations */
};

static inline struct span
domain_name(const struct domain *d)
{
	return span_of(d->name, d->name_n);
}

struct domain *domain_find_or_make(struct domains *, enum resolve_kind, struct span name);
/* It is used: those that were not for longer go before it. */
void domain_used(struct domains *, struct domain *);
/* Its mail goes there now; NULL: nowhere. */
void domain_point(struct domains *, struct domain *, struct site *, struct host_set *);
void domain_known_for(
    struct domains *, struct domain *, enum resolve_status, uint32_t ttl_s, struct span why);
bool domain_is_fresh(const struct domain *);
/* Why there is no answer, in words; empty: none are known. */
struct span domain_why(const struct domain *);
/* What being asked about takes: made, and given up again once no question is out and nobody waits. */
struct domain_asked *domain_ask_begins(struct domains *, struct domain *);
void domain_ask_ends(struct domains *, struct domain *);
/* Before names are looked at, for then nobody holds one that is at rest. */
void domains_make_room(struct domains *);
void domains_tick(struct domains *); /* once, at the start */
