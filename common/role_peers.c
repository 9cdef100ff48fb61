#include "role_peers.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "proto_master.h"
#include "role_table.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

enum { WAIT_FIRST_MS = 1000, WAIT_MOST_MS = 32 * 1000, STOOD_MS = 60 * 1000, ASKED_MOST = 8 };

/* A channel that stands, or that is missed. */
struct link {
	TAILQ_ENTRY(link) all;
	enum role_kind kind;
	unsigned instance;
	int fd; /* -1: it is closed, and asked for */
	uint64_t since_ms, wait_ms;
	unsigned asked; /* since it was closed */
	struct timer *again;
};

static struct {
	enum role_kind self;
	struct chan *master;
	TAILQ_HEAD(, link) links;
} peers = { .links = TAILQ_HEAD_INITIALIZER(peers.links) };

static void
link_free(struct link *l)
{
	TAILQ_REMOVE(&peers.links, l, all);
	timer_free(l->again);
	free(l);
}

/* A peer that ended for good is not known to the master any more: it is asked for some minutes, and then not at all. */
static void
on_again(void *ctx)
{
	struct link *l = ctx;

	if (l->asked++ == ASKED_MOST) {
		link_free(l);
		return;
	}
	master_lost_put(
	    peers.master, &(struct master_lost){ (uint8_t)l->kind, (uint16_t)l->instance });
	l->wait_ms = l->wait_ms * 2 < WAIT_MOST_MS ? l->wait_ms * 2 : WAIT_MOST_MS;
	timer_set_ms(l->again, l->wait_ms);
}

static void
on_closed(int fd)
{
	struct link *l;

	TAILQ_FOREACH (l, &peers.links, all)
		if (l->fd == fd)
			break;
	if (l == NULL)
		return;
	if (peers.self > l->kind) { /* the other end asks */
		link_free(l);
		return;
	}
	l->fd = -1;
	l->asked = 0;
	if (l->wait_ms == 0 || loop_now_ms() - l->since_ms > STOOD_MS)
		l->wait_ms = WAIT_FIRST_MS;
	if (l->again == NULL)
		l->again = timer_new(on_again, l);
	timer_set_ms(l->again, l->wait_ms);
}

void
role_peers_init(enum role_kind self, struct chan *master)
{
	peers.self = self;
	peers.master = master;
	chan_on_any_close(on_closed);
}

void
role_peers_add(enum role_kind kind, unsigned instance, int fd)
{
	struct link *l, *next, *same = NULL;

	TAILQ_FOREACH_SAFE (l, &peers.links, all, next) {
		if (l->kind == kind && l->instance == instance && same == NULL)
			same = l;
		else if (l->fd == fd) /* its owner closed it: the number is another's now */
			link_free(l);
	}
	if (same == NULL) {
		same = calloc(1, sizeof(*same));
		if (same == NULL)
			fatal("out of memory for a peer");
		same->kind = kind;
		same->instance = instance;
		TAILQ_INSERT_TAIL(&peers.links, same, all);
	}
	if (same->again != NULL)
		timer_clear(same->again);
	same->fd = fd;
	same->since_ms = loop_now_ms();
}
