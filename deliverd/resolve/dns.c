#include "dns.h"
#include "resolve_conf.h"
#include "loop.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

struct dns {
	struct ub_ctx *ub;
};

struct question {
	enum dns_type type;
	struct arena *arena;
	dns_done *done;
	void *ctx;
};

static const struct {
	const char *name, *value;
} options[] = {
	{ "do-not-query-localhost:", "no" }, /* a forwarder on loopback is usual */
	{ "qname-minimisation:",
	    "no" }, /* MX answers of broken servers; forwarders see it all anyway */
	{ "outgoing-range:", "512" },
	{ "num-queries-per-thread:", "1024" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "cache-max-negative-ttl:", "60" },
	{ "use-syslog:", "no" },
	{ "edns-buffer-size:", "1232" },
};

static int
complain(struct err *err, const char *what, int code)
{
	return code == 0 ? 0 : err_set(err, "%s: %s", what, ub_strerror(code));
}

static int
servers(struct dns *d, const struct dns_conf *conf, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; i < conf->servers_n && r == 0; i++)
		r = complain(err, conf->servers[i], ub_ctx_set_fwd(d->ub, conf->servers[i]));
	if (conf->servers_n == 0 && conf->resolv_conf != NULL &&
	    access(conf->resolv_conf, R_OK) == 0)
		r = complain(err, conf->resolv_conf, ub_ctx_resolvconf(d->ub, conf->resolv_conf));
	return r;
}

static void
ignore(void *ctx, int rcode, void *packet, int n, int sec, char *why, int limited)
{
	(void)ctx, (void)rcode, (void)packet, (void)n, (void)sec, (void)why, (void)limited;
}

/* libunbound reads keys, hints and randomness at its first question: one that needs no network, now. */
static int
warm_up(struct dns *d, struct err *err)
{
	int id;

	return complain(err, "libunbound does not start",
	    ub_resolve_event(d->ub, "localhost", DNS_A, 1, NULL, ignore, &id));
}

/* After the first question: removing a zone asks for the whole of libunbound. */
static int
unblock(struct dns *d, const struct dns_conf *conf, struct err *err)
{
	const char *const *zone = resolver_zones_asked(conf);
	int r = 0;

	for (; *zone != NULL && r == 0; zone++)
		r = complain(err, *zone, ub_ctx_zone_remove(d->ub, *zone));
	return r;
}

struct dns *
dns_new(const struct dns_conf *conf, struct err *err)
{
	struct dns *d = calloc(1, sizeof(*d));
	int r = 0;

	if (d == NULL)
		fatal("out of memory for the resolver");
	d->ub = ub_ctx_create_event(loop_base());
	if (d->ub == NULL) {
		err_set(err, "libunbound refuses our event loop");
		goto out;
	}
	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]) && r == 0; i++)
		r = complain(err, options[i].name,
		    ub_ctx_set_option(d->ub, options[i].name, options[i].value));
	if (r == 0)
		r = servers(d, conf, err);
	if (r == 0 && conf->trust_anchor != NULL)
		r = complain(
		    err, conf->trust_anchor, ub_ctx_add_ta_file(d->ub, conf->trust_anchor));
	if (r == 0)
		r = warm_up(d, err);
	if (r == 0)
		r = unblock(d, conf, err);
	if (r == 0)
		return d;
	ub_ctx_delete(d->ub);
out:
	free(d);
	return NULL;
}

static void
answered(void *ctx, int rcode, void *packet, int n, int sec, char *why_bogus, int limited)
{
	struct question *q = ctx;
	struct dns_answer a = { .status = DNS_FAILED, .ttl_s = UINT32_MAX };

	(void)limited;
	if (sec == 1)
		snprintf(
		    a.text, sizeof(a.text), "DNSSEC: %s", why_bogus == NULL ? "bogus" : why_bogus);
	else if ((rcode == 0 || rcode == 3) && packet != NULL)
		dns_read(packet, (size_t)n, q->type, q->arena, &a);
	else
		snprintf(a.text, sizeof(a.text), "the name servers fail (rcode %d)", rcode);
	a.secure = sec == 2;
	q->done(q->ctx, q->type, &a);
	free(q);
}

void
dns_ask(struct dns *d, struct span name, enum dns_type type, struct arena *arena, dns_done *done,
    void *ctx)
{
	struct question *q = calloc(1, sizeof(*q));
	int id, r;

	if (q == NULL)
		fatal("out of memory for a question");
	*q = (struct question){ type, arena, done, ctx };
	r = ub_resolve_event(d->ub, arena_cstr(arena, name), (int)type, 1, q, answered, &id);
	if (r != 0) {
		struct dns_answer a = { .status = DNS_FAILED, .ttl_s = UINT32_MAX };

		snprintf(a.text, sizeof(a.text), "%s", ub_strerror(r));
		done(ctx, type, &a);
		free(q);
	}
}
