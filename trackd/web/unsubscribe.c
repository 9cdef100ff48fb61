#include "unsubscribe.h"
#include "blocks.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum {
	QUEUE_BYTES = 4 << 20,
	WISHES_MAX = 10000,
	ANSWER_MS = 10000,    /* bouncd's time to bring one to disk */
	BLOCKS_WAIT_MS = 5000 /* its time to tell the blocks when we start */
};

/* A wish that is with bouncd. */
struct wish {
	TAILQ_ENTRY(wish) link;
	uint64_t job, until_ms;
	unsubscribe_done *done;
	void *ctx;
};

static TAILQ_HEAD(, wish) wishes = TAILQ_HEAD_INITIALIZER(wishes);
static unsigned wishes_n;
static struct chan *bouncd;
static uint64_t jobs;
static struct timer *timer;
static bool at_start; /* bouncd was there before us: it will tell us before we are ready */

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

/* It may still come to disk; what was not heard is not claimed. The oldest is the first. */
static void
on_timer(void *unused)
{
	struct wish *w;

	(void)unused;
	while ((w = TAILQ_FIRST(&wishes)) != NULL && w->until_ms <= loop_now_ms()) {
		log_warn("bouncd-late", "job=%llu", (unsigned long long)w->job);
		end(w, false);
	}
	if (w != NULL)
		timer_set_ms(timer, w->until_ms - loop_now_ms());
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
	blocks_take(&b);
	return 0;
}

static int
blocks_told(struct msg *m)
{
	if (msg_end(m) == -1)
		return -1;
	blocks_end();
	return 0;
}

static void
on_bouncd(void *ctx, struct chan *c, struct msg *m)
{
	int r = m->type == WEB_STORED       ? stored(m)
		: m->type == WEB_BLOCK      ? block(m)
		: m->type == WEB_BLOCKS_END ? blocks_told(m)
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
	log_info("bouncd-gone", "why=\"%s\"", why);
	bouncd = NULL;
	while (!TAILQ_EMPTY(&wishes))
		end(TAILQ_FIRST(&wishes), false);
}

/* At a start we are ready once we know which links are switched off, so that a reload lets none through and turns none away.
 * A bouncd that is slow is not waited for longer: what is no click is answered without it. */
static void
blocks_await(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec now;
	uint64_t now_ms, until_ms = 0;

	while (!blocks_known()) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
		until_ms = until_ms == 0 ? now_ms + BLOCKS_WAIT_MS : until_ms;
		if (now_ms >= until_ms || poll(&p, 1, (int)(until_ms - now_ms)) != 1 ||
		    !chan_read_pending(bouncd))
			return;
	}
}

static void
connected(void *ctx, unsigned instance, int fd)
{
	(void)ctx;
	(void)instance;
	bouncd = chan_new(fd, "bouncd", QUEUE_BYTES, on_bouncd, on_bouncd_gone, NULL);
	blocks_begin();
	if (at_start)
		blocks_await(fd);
	at_start = false;
}

void
unsubscribe_start(struct role *role)
{
	timer = timer_new(on_timer, NULL);
	at_start = role_peers(role, ROLE_BOUNCD) > 0;
	role_on_peer(role, ROLE_BOUNCD, connected, NULL);
}

bool
unsubscribe_ask(const struct web_unsubscribe *ask, unsubscribe_done *done, void *ctx)
{
	struct web_unsubscribe u = *ask;
	struct wish *w;

	if (bouncd == NULL || wishes_n == WISHES_MAX || (w = calloc(1, sizeof(*w))) == NULL)
		return false;
	*w = (struct wish){
		.job = ++jobs, .until_ms = loop_now_ms() + ANSWER_MS, .done = done, .ctx = ctx
	};
	if (wishes_n == 0)
		timer_set_ms(timer, ANSWER_MS);
	TAILQ_INSERT_TAIL(&wishes, w, link);
	wishes_n++;
	u.job = w->job;
	web_unsubscribe_put(bouncd, &u);
	return true;
}
