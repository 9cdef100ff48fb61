#include "peer_resolve.h"
#include "domain.h"
#include "err.h"
#include "log.h"
#include "proto_resolve.h"
#include "queued.h"
#include "role.h"

#include <stdlib.h>

enum { QUEUE_BYTES = 4 << 20 };

struct peer_resolve {
	struct queued *q;
	struct chan *chan;
};

int
peer_resolve_ask(struct peer_resolve *p, const struct resolve_ask *a)
{
	if (p->chan == NULL || chan_full(p->chan))
		return -1;
	resolve_ask_put(p->chan, a);
	return 0;
}

static void
on_room(void *ctx)
{
	struct peer_resolve *p = ctx;

	domains_room(p->q->domains);
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct peer_resolve *p = ctx;
	struct resolve_host h = { 0 };
	struct resolve_answer a = { 0 };

	if (m->type == RESOLVE_HOST && resolve_host_get(m, &h) == 0)
		domains_host(p->q->domains, &h);
	else if (m->type == RESOLVE_ANSWER && resolve_answer_get(m, &a) == 0)
		domains_answer(p->q->domains, &a);
	else
		chan_bad(c, "a record that is none of resolve's");
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct peer_resolve *p = ctx;

	if (p->chan != c)
		return;
	log_info("resolve-gone", "why=\"%s\"", why);
	p->chan = NULL;
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_resolve *p = ctx;

	(void)instance;
	if (p->chan != NULL)
		chan_free(p->chan);
	p->chan = chan_new(fd, "resolve", QUEUE_BYTES, on_msg, on_close, p);
	chan_on_room(p->chan, on_room);
	domains_ask_again(p->q->domains);
}

struct peer_resolve *
peer_resolve_new(struct queued *q)
{
	struct peer_resolve *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for resolve's channel");
	p->q = q;
	role_on_peer(q->role, ROLE_RESOLVE, on_connected, p);
	return p;
}
