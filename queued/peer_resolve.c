#include "peer_resolve.h"
#include "err.h"
#include "log.h"
#include "proto_resolve.h"
#include "queued.h"
#include "role.h"
#include "site.h"

#include <stdlib.h>

enum { QUEUE_BYTES = 4 << 20 };

struct peer_resolve {
	struct queued *q;
	struct chan *chan;
	bool passed_over; /* somebody was not asked for: it did not read */
};

void
peer_resolve_ask(struct peer_resolve *p, uint64_t ask, struct span domain)
{
	struct resolve_ask a = { ask, domain };

	if (p->chan == NULL) /* all are asked for when it is there */
		return;
	if (chan_full(p->chan))
		p->passed_over = true;
	else
		resolve_ask_put(p->chan, &a);
}

static void
on_room(void *ctx)
{
	struct peer_resolve *p = ctx;

	if (!p->passed_over)
		return;
	p->passed_over = false;
	sites_ask_again(p->q->sites);
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct peer_resolve *p = ctx;
	struct resolve_host h = { 0 };
	struct resolve_answer a = { 0 };

	if (m->type == RESOLVE_HOST && resolve_host_get(m, &h) == 0)
		sites_host(p->q->sites, &h);
	else if (m->type == RESOLVE_ANSWER && resolve_answer_get(m, &a) == 0)
		sites_answer(p->q->sites, &a);
	else
		chan_bad(c, "a record that is none of resolve's");
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct peer_resolve *p = ctx;

	if (p->chan != c)
		return;
	log_warn("resolve-gone", "why=\"%s\"", why);
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
	p->passed_over = false;
	sites_ask_again(p->q->sites);
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
