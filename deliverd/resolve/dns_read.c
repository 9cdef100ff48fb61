#include "dns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

/* In lower case; the root is empty. */
static struct span
name_copy(char *name, struct arena *arena)
{
	if (strcmp(name, ".") == 0)
		name[0] = '\0';
	for (char *p = name; *p != '\0'; p++)
		*p = span_low(*p);
	return arena_span(arena, span_str(name));
}

/* It is counted all the same: a domain whose MX records are all wrong is not one without any (RFC 5321 5.1). */
static void
mx_unusable(struct dns_answer *a, struct span name)
{
	a->mx.unusable++;
	if (a->mx.bad.n == 0)
		a->mx.bad = name;
}

static void
mx_read(ns_msg *m, const ns_rr *rr, struct arena *arena, struct dns_answer *a)
{
	const uint8_t *data = ns_rr_rdata(*rr);
	char name[NS_MAXDNAME];
	struct span host;

	if (ns_rr_rdlen(*rr) < 3 ||
	    dn_expand(ns_msg_base(*m), ns_msg_end(*m), data + 2, name, sizeof(name)) == -1) {
		mx_unusable(a, span_of(NULL, 0));
		return;
	}
	host = name_copy(name, arena);
	if (host.n > 0 && !mx_name_is_host(host))
		mx_unusable(a, host);
	else if (a->mx.n < MX_READ_MAX)
		a->mx.at[a->mx.n++] = (struct mx){ (uint16_t)(data[0] << 8 | data[1]), host };
}

static void
address_take(const ns_rr *rr, struct dns_answer *a)
{
	size_t n = ns_rr_type(*rr) == ns_t_a ? 4 : 16;

	if (a->addresses_n == DNS_ADDRESSES_MAX || ns_rr_rdlen(*rr) != n)
		return;
	(void)ip_of_bytes(span_of(ns_rr_rdata(*rr), n), &a->addresses[a->addresses_n]);
	a->addresses_n++;
}

void
dns_read(
    const uint8_t *packet, size_t n, enum dns_type type, struct arena *arena, struct dns_answer *a)
{
	ns_msg m;
	ns_rr rr;

	a->status = DNS_FAILED;
	a->ttl_s = UINT32_MAX;
	if (n > 65535 || ns_initparse(packet, (int)n, &m) == -1) {
		snprintf(a->text, sizeof(a->text), "the answer is no DNS message");
		return;
	}
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) == -1)
			return;
		if (ns_rr_ttl(rr) < a->ttl_s) /* of an alias on the way too */
			a->ttl_s = ns_rr_ttl(rr);
		if ((unsigned)ns_rr_type(rr) != type)
			continue;
		if (type == DNS_MX)
			mx_read(&m, &rr, arena, a);
		else
			address_take(&rr, a);
	}
	a->status = ns_msg_getflag(m, ns_f_rcode) == ns_r_nxdomain ? DNS_NONE : DNS_OK;
}
