#include "check.h"
#include "fetch.h"

#include "../../trackd/trackd_conf.h"

#include <string.h>
#include <sys/socket.h>

enum { WAIT_S = 5 };

/* "https://host:port/...": -1: none of it. */
static int
url_read(struct span url, struct fetch *f)
{
	struct span rest, port;
	uint64_t number;

	f->tls = span_starts_nocase(url, "https://");
	rest = span_from(url, f->tls ? 8 : 7);
	f->host = span_cut(rest, '/', &rest);
	number = f->tls ? 443 : 80;
	if (span_find(f->host, ':') >= 0 && f->host.p[0] != '[') {
		f->host = span_cut(f->host, ':', &port);
		if (span_u64(port, 65535, &number) == -1 || number == 0)
			return -1;
	}
	f->port = (uint16_t)number;
	return f->host.n == 0 || f->host.n > 253 ? -1 : 0;
}

static unsigned
addresses_of(struct check *c, struct span host, struct ip out[FETCH_ADDRESSES_MAX])
{
	static const enum answer_type types[] = { ANSWER_A, ANSWER_AAAA };
	unsigned n = 0;

	if (ip_read(host, &out[0]) == 0)
		return 1;
	for (unsigned t = 0; t < 2; t++) {
		struct answer a;

		check_ask(c, host, types[t], &a);
		for (unsigned i = 0; i < a.n && n < FETCH_ADDRESSES_MAX; i++) {
			out[n].family = t == 0 ? AF_INET : AF_INET6;
			memcpy(out[n++].bytes, a.at[i].data.p, a.at[i].data.n);
		}
	}
	return n;
}

static void
host_check(struct check *c, struct fetch *f)
{
	struct err err = { "" };
	int status;

	f->addresses_n = addresses_of(c, f->host, f->addresses);
	if (f->addresses_n == 0) {
		report_with(c->report, CHECK_FAIL, "tracking",
		    span_str(arena_printf(
			c->arena, "%.*s. IN CNAME %.*s.", SPAN(f->host), SPAN(c->hostname))),
		    "%.*s, where links lead, has no address; publish", SPAN(f->host));
		return;
	}
	f->path = "/health";
	f->wait_s = WAIT_S;
	status = fetch_status(f, &err);
	if (status == 200)
		report(c->report, CHECK_PASS, "tracking", "%.*s answers on port %u%s",
		    SPAN(f->host), f->port, f->tls ? ", with a certificate for it" : "");
	else if (status == -1)
		report(c->report, CHECK_FAIL, "tracking", "%.*s port %u: %s", SPAN(f->host),
		    f->port, err.text);
	else
		report(c->report, CHECK_FAIL, "tracking",
		    "%.*s port %u answers %d to /health: no trackd-web, or no proxy to one",
		    SPAN(f->host), f->port, status);
}

void
check_tracking(struct check *c)
{
	struct span url = span_str(tracking_base(c->conf, c->tenant));
	struct fetch f = { 0 };

	if (url.n > 0 && url_read(url, &f) == -1)
		report(c->report, CHECK_FAIL, "tracking", "%.*s names no host", SPAN(url));
	else if (url.n > 0)
		host_check(c, &f);
	else if (conf_count(c->tenant, "track") > 0)
		report_with(c->report, CHECK_FAIL, "tracking",
		    span_str(
			arena_printf(c->arena, "tracking-url https://t.%.*s/", SPAN(c->domain))),
		    "tenant %s tracks, but has no tracking-url; set in its block",
		    conf_name(c->tenant));
}

void
check_one_click(struct check *c)
{
	struct span url = span_str(tracking_base(c->conf, c->tenant));
	const char *when = conf_str(c->tenant, "unsubscribe");

	if (strcmp(when, "never") == 0)
		report(c->report, CHECK_WARN, "one-click",
		    "unsubscribe never: authors write List-Unsubscribe and List-Unsubscribe-Post "
		    "themselves");
	else if (!span_starts_nocase(url, "https://"))
		report_with(c->report, CHECK_FAIL, "one-click",
		    span_str(
			arena_printf(c->arena, "tracking-url https://t.%.*s/", SPAN(c->domain))),
		    "unsubscribing with one click needs https (RFC 8058 3.1); set in the block of "
		    "tenant %s",
		    conf_name(c->tenant));
	else
		report(c->report, CHECK_PASS, "one-click", "added to %s (unsubscribe %s)",
		    strcmp(when, "always") == 0 ? "all mail" : "mail of campaigns", when);
}
