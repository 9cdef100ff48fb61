/* dns.h: questions to the name servers: the only file that knows libunbound, and the reading of its answers. */
#pragma once

#include "ip.h"
#include "arena.h"
#include "err.h"
#include "mx.h"

enum dns_type { DNS_A = 1, DNS_MX = 15, DNS_AAAA = 28 };

enum dns_status {
	DNS_OK,     /* records of that type may be there, or none */
	DNS_NONE,   /* NXDOMAIN */
	DNS_FAILED, /* SERVFAIL, bogus, time-out, nonsense: text says which */
};

enum { DNS_ADDRESSES_MAX = 32 };

struct dns_answer {
	enum dns_status status;
	bool secure;       /* validated with DNSSEC */
	uint32_t ttl_s;    /* least of the records; UINT32_MAX: none */
	struct mx_list mx; /* names in the arena */
	unsigned addresses_n;
	struct ip addresses[DNS_ADDRESSES_MAX];
	char text[160];
};

struct dns;

struct dns_conf {
	const char *servers[16]; /* "192.0.2.53@5353", without @ port 53 */
	unsigned servers_n; /* 0: those of resolv_conf, and without any of those the root servers */
	const char *resolv_conf;  /* NULL: not looked at */
	const char *trust_anchor; /* NULL: no validation */
};

/* Reads what it needs from files at once: call it before the sandbox. NULL: err says why. */
struct dns *dns_new(const struct dns_conf *, struct err *);
typedef void dns_done(void *ctx, enum dns_type, const struct dns_answer *);
/* done() is called once, in a later turn or at once; names of the answer live in that arena. */
void dns_ask(struct dns *, struct span name, enum dns_type, struct arena *, dns_done *, void *ctx);

/* The pure part: a DNS message into an answer (the records of that type of its answer section). */
void dns_read(const uint8_t *packet, size_t n, enum dns_type, struct arena *, struct dns_answer *);
