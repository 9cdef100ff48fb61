/* domain.h: where a recipient domain's mail goes: by its route, or by the MX hosts that resolve found for it.
 *
 * The answer is the domain's own and holds for its TTL; it is two things: the site, which it shares with others, and the
 * set of hosts, which are its own. A domain is asked about once, whoever waits; one that cannot be looked up waits longer
 * each time. Host names of routes are looked up as hosts (A and AAAA), never by MX. */
#pragma once

#include "delivery.h"
#include "proto_resolve.h"
#include "site.h"

struct domains;

enum domain_found { DOMAIN_FOUND, DOMAIN_ASKED, DOMAIN_FAILED };

struct domain_answer {
	struct site *site;      /* DOMAIN_FOUND */
	struct host_set *hosts; /* DOMAIN_FOUND; for who keeps it: host_set_keep() */
	enum resolve_status status;
	struct span text; /* DOMAIN_FAILED: why; valid until the next call */
};

struct domains *domains_new(struct queued *);
/* DOMAIN_ASKED: the delivery waits, and course_routed() is called when the answer is there. */
enum domain_found domain_of(struct domains *, struct delivery *, struct domain_answer *);
/* A delivery that waits for an answer no longer does. */
void domain_unwait(struct delivery *);
/* All sets of hosts, for those who keep one. */
struct table *domains_sets(struct domains *);

/* peer_resolve: an answer. */
void domains_host(struct domains *, const struct resolve_host *);
void domains_answer(struct domains *, const struct resolve_answer *);
/* The peer is there anew: what is open is asked again. It takes more: what it has not yet been asked is. */
void domains_ask_again(struct domains *);
void domains_room(struct domains *);
/* The configuration changed: what is known is looked at anew when it is needed. */
void domains_conf(struct domains *);
/* Which hosts of routes cannot be found, in words; nothing is added where all can. */
void domains_warn(const struct domains *, struct buf *);
size_t domains_n(const struct domains *);
size_t domains_bytes(const struct domains *); /* with their sites and sets of hosts */
