/* site.h: where a domain's mail goes: a fixed route, or the MX set that resolve found; kept for its TTL, asked once.
 *
 * A site is a destination as its provider runs it: all domains with the same MX set share it. A site that has neither
 * lanes nor domains goes away with the sweep. */
#pragma once

#include "delivery.h"
#include "proto_resolve.h"
#include "queued_conf.h"

struct queued;
struct sites;

struct site_host {
	struct span name, address;
	uint16_t port;
};

struct site {
	struct table_node by_name;
	struct span name;
	struct arena *arena; /* of the hosts */
	struct site_host *hosts;
	uint32_t hosts_n;
	const struct route *route; /* NULL: by MX */
	struct limits limits;
	uint32_t lanes, domains; /* that point here */
	char text[];
};

enum site_found { SITE_FOUND, SITE_ASKED, SITE_FAILED };

struct site_answer {
	struct site *site; /* SITE_FOUND */
	enum resolve_status status;
	struct span text; /* SITE_FAILED: why; valid until the next call */
};

struct sites *sites_new(struct queued *);
/* SITE_ASKED: the delivery waits in the domain's list, and course_routed() is called when the answer is there. */
enum site_found site_of(struct sites *, struct delivery *, struct site_answer *);
/* A delivery that waits for an answer no longer does. */
void site_unwait(struct sites *, struct delivery *);
/* peer_resolve: an answer, or none can come (the peer went away: status RESOLVE_LATER). */
void sites_host(struct sites *, const struct resolve_host *);
void sites_answer(struct sites *, const struct resolve_answer *);
/* The peer is there anew: what is open is asked again. */
void sites_ask_again(struct sites *);
/* The configuration changed: routes and limits are looked up anew. */
void sites_conf(struct sites *);
/* The waiting deliveries of a domain that is asked for, for explain. */
size_t sites_domains(const struct sites *);
