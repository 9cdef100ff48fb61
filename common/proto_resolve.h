/* proto_resolve.h: all that queued and deliverd-resolve ever say: where a domain's mail goes.
 *
 * The hosts of an answer come as RESOLVE_HOST records of the same ask before the RESOLVE_ANSWER, best first. */
#pragma once

#include "msg.h"

enum resolve_status {
	RESOLVE_OK,
	RESOLVE_NO_DOMAIN, /* NXDOMAIN: 5.1.2 */
	RESOLVE_NULL_MX,   /* RFC 7505: 5.1.10 */
	RESOLVE_NO_HOST,   /* MX without addresses, or no MX and no address: 5.4.4 */
	RESOLVE_REFUSED,   /* only loopback, private or null addresses: 5.4.4 */
	RESOLVE_LOOP,      /* we are the best MX: 5.4.6 */
	RESOLVE_BAD_MX, /* MX records that all name what cannot be a host: 4.4.4, for that will be mended */
	RESOLVE_LATER, /* SERVFAIL, time-out, bogus: 4.4.3 */
};

enum resolve_type {
	RESOLVE_ASK = 1, /* queued */
	RESOLVE_HOST,    /* resolve */
	RESOLVE_ANSWER,  /* resolve, after its hosts */
};

enum resolve_kind {
	RESOLVE_MAIL_DOMAIN,   /* its MX hosts and their addresses */
	RESOLVE_HOST_OF_ROUTE, /* its own addresses, whatever its MX says */
};

struct resolve_ask {
	uint64_t ask;
	enum resolve_kind kind;
	bool again;         /* it failed before: names that nobody knows yet go first */
	uint64_t tenant;    /* hash of its name: tenants share what can be asked at once */
	struct span domain; /* A-labels, lower case, or an address literal [192.0.2.1] */
};

struct resolve_host {
	uint64_t ask;
	uint16_t preference;
	struct span name;
	struct span address;
	bool dnssec;
};

struct resolve_answer {
	uint64_t ask;
	enum resolve_status status;
	uint32_t ttl_s; /* how long the answer may be kept */
	struct span
	    site; /* name of the MX set: "google.com", or the lowest host names joined; equal for equal MX sets */
	struct span text; /* for people: what went wrong */
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void resolve_ask_put(struct chan *, const struct resolve_ask *);
int resolve_ask_get(struct msg *, struct resolve_ask *);
void resolve_host_put(struct chan *, const struct resolve_host *);
int resolve_host_get(struct msg *, struct resolve_host *);
void resolve_answer_put(struct chan *, const struct resolve_answer *);
int resolve_answer_get(struct msg *, struct resolve_answer *);
