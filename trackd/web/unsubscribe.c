#include "unsubscribe.h"
#include "err.h"
#include "log.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

enum { QUEUE_BYTES = 4 << 20, WISHES_MAX = 10000 };

/* A wish that is with bouncd. */
struct wish {
	TAILQ_ENTRY(wish) link;
	uint64_t job;
	unsubscribe_done *done;
	void *ctx;
};

static TAILQ_HEAD(, wish) wishes = TAILQ_HEAD_INITIALIZER(wishes);
static unsigned wishes_n;
static struct chan *bouncd;
static uint64_t jobs;
static void (*on_block)(const struct web_block *);

static void
end(struct wish *w, bool stored)
{
	unsubscribe_done *done = w->done;
	void *ctx = w->ctx;

	TAILQ_REMOVE(&wishes, w, link);
	wishes_n--;
	free(w);
	done(ctx, stored);
}

static int
stored(struct msg *m)
{
	struct web_stored s;
	struct wish *w;

	if (web_stored_get(m, &s) == -1)
		return -1;
	TAILQ_FOREACH (w, &wishes, link)
		if (w->job == s.job) {
			end(w, s.ok);
			break;
		}
	return 0;
}

static int
block(struct msg *m)
{
	struct web_block b;

	if (web_block_get(m, &b) == -1)
		return -1;
	on_block(&b);
	return 0;
}

static void
on_bouncd(void *ctx, struct chan *c, struct msg *m)
{
	int r = m->type == WEB_STORED       ? stored(m)
		: m->type == WEB_BLOCK      ? block(m)
		: m->type == WEB_BLOCKS_END ? msg_end(m)
					    : -1;

	(void)ctx;
	if (r == -1)
		chan_bad(c, "a record of bouncd's that is none");
}

static void
on_bouncd_gone(void *ctx, struct chan *c, const char *why)
{
	(void)ctx;
	if (bouncd != c)
		return;
	log_warn("bouncd-gone", "why=\"%s\"", why);
	bouncd = NULL;
	while (!TAILQ_EMPTY(&wishes))
		end(TAILQ_FIRST(&wishes), false);
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	(void)ctx;
	(void)instance;
	bouncd = chan_new(fd, "bouncd", QUEUE_BYTES, on_bouncd, on_bouncd_gone, NULL);
}

void
unsubscribe_start(struct role *role, void (*take)(const struct web_block *))
{
	on_block = take;
	role_on_peer(role, ROLE_BOUNCD, connected, NULL);
}

bool
unsubscribe_ask(const struct web_unsubscribe *ask, unsubscribe_done *done, void *ctx)
{
	struct web_unsubscribe u = *ask;
	struct wish *w;

	if (bouncd == NULL || wishes_n == WISHES_MAX || (w = calloc(1, sizeof(*w))) == NULL)
		return false;
	*w = (struct wish){ .job = ++jobs, .done = done, .ctx = ctx };
	TAILQ_INSERT_TAIL(&wishes, w, link);
	wishes_n++;
	u.job = w->job;
	web_unsubscribe_put(bouncd, &u);
	return true;
}
