/* deliverd-resolve: finds out where a domain's mail goes. The only role that looks up names.
 *
 * queued asks for a domain; the answer is its hosts with addresses, best first, the name of the site they make, and how long
 * that holds. It can reach the name servers and nothing else.
 *
 * Read asks.c (the course of an ask), places.c (whose turn it is), mx.c and site.c (what records mean), dns.c (libunbound). */
#include "asks.h"
#include "role.h"
#include "sandbox.h"

#include <sysexits.h>

enum { QUEUED_QUEUE = 1024 * 1024 };

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct resolve_ask ask;

	if (m->type == RESOLVE_ASK && resolve_ask_get(m, &ask) == 0)
		asks_begin(ctx, &ask);
	else
		chan_bad(c, "queued said what makes no sense");
}

static void
on_closed(void *ctx, struct chan *c, const char *why)
{
	(void)why;
	asks_left(ctx, c);
}

static void
on_queued(void *ctx, unsigned instance, int fd)
{
	struct chan *c = chan_new(fd, "queued", QUEUED_QUEUE, on_msg, on_closed, ctx);

	(void)instance;
	chan_answers(c);
	asks_to(ctx, c);
}

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_RESOLVE, argc, argv);
	struct suffixes *suffixes = suffixes_load();
	struct resolver_conf conf;
	struct asks *asks;
	struct dns *dns;
	struct err err;

	resolver_read(role_conf(role, &resolve_table), &conf, arena_new(0));
	dns = dns_new(&conf.dns, &err); /* the last to see a file */
	if (dns == NULL)
		role_fail(role, EX_CONFIG, "resolver: %s", err.text);
	asks = asks_new(&conf, dns, suffixes);
	role_on_peer(role, ROLE_QUEUED, on_queued, asks);
	sandbox_enter(role);
	return role_run(role);
}
