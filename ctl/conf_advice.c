#include "conf_advice.h"
#include "house_conf.h"

#include <stdio.h>

static void
advise(const struct conf_place *at, const char *what, const char *remedy)
{
	fprintf(stderr, "%s:%u: advice: %s: %s\n", at->file, at->line, what, remedy);
}

static bool
is_reached_from_outside(const struct conf_block *listener)
{
	for (size_t i = 0; i < conf_count(listener, "address"); i++) {
		const struct conf_address *a = conf_address_at(listener, "address", i);
		struct ip ip;

		ip_of((const struct sockaddr *)&a->addr, &ip);
		if (ip.family == AF_UNIX)
			continue;
		if (a->any || !ip_is_loopback(&ip))
			return true;
	}
	return false;
}

static bool
has_alias(const struct conf_block *top, const char *local)
{
	struct span name, address;

	for (size_t i = 0; i < conf_count(top, "alias"); i++)
		if (house_alias(top, i, &name, &address) && span_is_nocase(name, local))
			return true;
	return false;
}

/* RFC 5321 4.5.1 */
static void
postmaster(const struct conf_block *top)
{
	if (conf_is_set(top, "postmaster") || has_alias(top, "postmaster"))
		return;
	for (const struct conf_block *l = conf_first(top, "listener"); l != NULL;
	     l = conf_next(l)) {
		struct conf_place at = conf_block_place(l);

		if (!is_reached_from_outside(l))
			continue;
		advise(&at, "strangers reach this listener, and mail to postmaster reaches nobody",
		    "set postmaster to an address that people read");
		return;
	}
}

/* The exact name, then *.what is behind its dots, then *: as mail is routed. */
static bool
has_route(const struct conf_block *top, struct span domain)
{
	char pattern[300];

	if (conf_find(top, "route", domain) != NULL ||
	    conf_find(top, "route", SPAN_LIT("*")) != NULL)
		return true;
	while (span_find(domain, '.') >= 0) {
		(void)span_cut(domain, '.', &domain);
		snprintf(pattern, sizeof(pattern), "*.%.*s", SPAN(span_first(domain, 255)));
		if (conf_find(top, "route", span_str(pattern)) != NULL)
			return true;
	}
	return false;
}

static void
accepted(const struct conf_block *top)
{
	for (const struct conf_block *a = conf_first(top, "accept"); a != NULL; a = conf_next(a)) {
		struct conf_place at = conf_block_place(a);
		char what[400];

		if (has_route(top, span_str(conf_name(a))))
			continue;
		snprintf(what, sizeof(what), "no route takes mail for %s, so it is refused",
		    conf_name(a));
		advise(&at, what, "add a route for it");
	}
}

static bool
sends_as(const struct conf_block *tenant, const char *domain)
{
	for (size_t i = 0; i < conf_count(tenant, "domain"); i++)
		if (span_is_nocase(span_str(domain), conf_str_at(tenant, "domain", i)))
			return true;
	return false;
}

static bool
has_unix(const struct conf_block *listener)
{
	for (size_t i = 0; i < conf_count(listener, "address"); i++)
		if (conf_address_at(listener, "address", i)->addr.ss_family == AF_UNIX)
			return true;
	return false;
}

/* cron and its like send as root, which sendmail(1) completes. */
static void
local_senders(const struct conf_block *top)
{
	const char *origin = conf_str(top, conf_is_set(top, "origin") ? "origin" : "hostname");
	const struct conf_block *l = conf_first(top, "listener"), *t;
	struct conf_place at;
	char what[400];

	while (l != NULL && !has_unix(l))
		l = conf_next(l);
	t = l == NULL ? NULL : conf_find(top, "tenant", span_str(conf_str(l, "tenant")));
	if (t == NULL || sends_as(t, origin))
		return;
	at = conf_block_place(t);
	snprintf(what, sizeof(what),
	    "programs of this machine send as root@%.200s, which tenant %.100s may not", origin,
	    conf_name(t));
	advise(&at, what, "set origin to one of its domains, or add the domain");
}

void
conf_advice(const struct conf *conf)
{
	postmaster(conf_top(conf));
	accepted(conf_top(conf));
	local_senders(conf_top(conf));
}
