#include "check.h"
#include "buf.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { DAY_S = 86400, SOON_DAYS = 14, NAME_BYTES = 128 };

/* ---- reverse DNS of where mail leaves from ---- */

static struct span
reverse_name(struct check *c, const struct ip *a)
{
	struct buf b;
	struct span name;

	buf_init(&b, NAME_BYTES);
	if (a->family == AF_INET)
		buf_printf(&b, "%u.%u.%u.%u.in-addr.arpa", a->bytes[3], a->bytes[2], a->bytes[1],
		    a->bytes[0]);
	else {
		for (int i = 15; i >= 0; i--)
			buf_printf(&b, "%x.%x.", a->bytes[i] & 15, a->bytes[i] >> 4);
		buf_str(&b, "ip6.arpa");
	}
	name = arena_span(c->arena, buf_all(&b));
	buf_free(&b);
	return name;
}

static struct span
address_line(struct check *c, struct span name, const struct check_source *s)
{
	return span_str(arena_printf(c->arena, "%.*s. IN %s %s", SPAN(name),
	    s->address.family == AF_INET ? "A" : "AAAA", s->text));
}

static void
names_confirmed(struct check *c, const struct check_source *s, const struct answer *ptr)
{
	for (unsigned i = 0; i < ptr->n; i++)
		if (check_leads_to(c, ptr->at[i].data, &s->address)) {
			report(c->report, CHECK_PASS, "reverse",
			    "%s is %.*s, which leads back to it", s->text, SPAN(ptr->at[i].data));
			return;
		}
	report_with(c->report, CHECK_FAIL, "reverse", address_line(c, ptr->at[0].data, s),
	    "%s is called %.*s, which does not lead back to it; publish", s->text,
	    SPAN(ptr->at[0].data));
}

static void
helo_check(struct check *c, const struct check_source *s)
{
	struct answer a;

	check_ask(c, s->ehlo, s->address.family == AF_INET ? ANSWER_A : ANSWER_AAAA, &a);
	if (a.status == ANSWER_FAILED)
		report(c->report, CHECK_FAIL, "helo", "%.*s: DNS does not answer", SPAN(s->ehlo));
	else if (check_has(&a, &s->address))
		report(c->report, CHECK_PASS, "helo", "%.*s leads to %s", SPAN(s->ehlo), s->text);
	else
		report_with(c->report, CHECK_FAIL, "helo", address_line(c, s->ehlo, s),
		    "%.*s, the name in EHLO, does not lead to %s; publish", SPAN(s->ehlo), s->text);
}

static void
source_check(struct check *c, const struct check_source *s)
{
	struct span name = reverse_name(c, &s->address);
	struct answer ptr;

	check_ask(c, name, ANSWER_PTR, &ptr);
	if (ptr.status == ANSWER_FAILED)
		report(c->report, CHECK_FAIL, "reverse", "%.*s: DNS does not answer", SPAN(name));
	else if (ptr.n == 0)
		report_with(c->report, CHECK_FAIL, "reverse",
		    span_str(
			arena_printf(c->arena, "%.*s. IN PTR %.*s.", SPAN(name), SPAN(s->ehlo))),
		    "%s has no name; whoever gave you the address publishes", s->text);
	else
		names_confirmed(c, s, &ptr);
	helo_check(c, s);
}

void
check_reverse(struct check *c)
{
	for (unsigned i = 0; i < c->sources_n; i++)
		source_check(c, &c->sources[i]);
}

/* ---- TLS of the listeners ---- */

static X509 *
certificate_read(const char *path)
{
	FILE *in = fopen(path, "re");
	X509 *x = in == NULL ? NULL : PEM_read_X509(in, NULL, NULL, NULL);

	if (in != NULL)
		fclose(in);
	return x;
}

static void
certificate_check(struct check *c, const char *listener, X509 *x)
{
	time_t now = time(NULL), soon = now + (time_t)SOON_DAYS * DAY_S;
	const ASN1_TIME *end = X509_get0_notAfter(x);

	if (X509_check_host(x, c->hostname.p, c->hostname.n, 0, NULL) != 1)
		report(c->report, CHECK_FAIL, "tls",
		    "the certificate of listener %s is not one for %.*s", listener,
		    SPAN(c->hostname));
	else if (X509_cmp_time(X509_get0_notBefore(x), &now) > 0)
		report(c->report, CHECK_FAIL, "tls",
		    "the certificate of listener %s is not valid yet", listener);
	else if (X509_cmp_time(end, &now) < 0)
		report(c->report, CHECK_FAIL, "tls", "the certificate of listener %s has expired",
		    listener);
	else if (X509_cmp_time(end, &soon) < 0)
		report(c->report, CHECK_WARN, "tls",
		    "the certificate of listener %s expires within %d days", listener, SOON_DAYS);
	else
		report(c->report, CHECK_PASS, "tls", "listener %s has a certificate for %.*s",
		    listener, SPAN(c->hostname));
}

static bool
is_reachable(const struct conf_block *listener)
{
	for (size_t i = 0; i < conf_count(listener, "address"); i++) {
		const struct conf_address *a = conf_address_at(listener, "address", i);
		const struct sockaddr_in *in = (const struct sockaddr_in *)&a->addr;
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->addr;

		if (a->any ||
		    (a->addr.ss_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)) ||
		    (a->addr.ss_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 != 127))
			return true;
	}
	return false;
}

static void
listener_check(struct check *c, const struct conf_block *b)
{
	X509 *x;

	if (!conf_is_set(b, "tls-certificate")) {
		if (is_reachable(b))
			report(c->report, CHECK_WARN, "tls",
			    "listener %s offers no TLS: bounces and logins come in the clear",
			    conf_name(b));
		return;
	}
	x = certificate_read(conf_str(b, "tls-certificate"));
	if (x == NULL)
		report(c->report, CHECK_FAIL, "tls",
		    "listener %s: no certificate can be read from %s", conf_name(b),
		    conf_str(b, "tls-certificate"));
	else
		certificate_check(c, conf_name(b), x);
	X509_free(x);
}

void
check_tls(struct check *c)
{
	for (const struct conf_block *b = conf_first(conf_top(c->conf), "listener"); b != NULL;
	     b = conf_next(b))
		listener_check(c, b);
}
