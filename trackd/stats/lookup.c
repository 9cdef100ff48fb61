#include "lookup.h"
#include "err.h"
#include "follow.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	ARENA_BYTES = 64 * 1024,
	STEP_GAP_MS =
	    50, /* a step waits for the disk: whoever forges reports should not order them by the thousand */
	WAITING_MAX = 4096,
};

/* A question whose answer is not in the index yet; it waits for the next step, so that many share one. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct chan *from;
	struct arena *arena;
	struct lookup_ask ask;
};

static TAILQ_HEAD(, waiting) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static unsigned waiting_n;
static struct timer *timer;
static uint64_t stepped_ms;

static bool
is_whole(const struct lookup_found *found)
{
	return found->found && found->recipient.n > 0;
}

static void
waiting_free(struct waiting *w)
{
	TAILQ_REMOVE(&waiting, w, link);
	waiting_n--;
	arena_free(w->arena);
	free(w);
}

/* The event may be in the file and not in the index yet: a bounce can be fast. */
static void
on_timer(void *unused)
{
	struct waiting *w;

	(void)unused;
	follow_a_step();
	stepped_ms = loop_now_ms();
	while ((w = TAILQ_FIRST(&waiting)) != NULL) {
		struct lookup_found found;

		deliveries_find(follow_deliveries(), &w->ask, &found, w->arena);
		lookup_found_put(w->from, &found);
		waiting_free(w);
	}
}

static void
wait_for_step(struct chan *from, const struct lookup_ask *ask)
{
	struct waiting *w = calloc(1, sizeof(*w));
	uint64_t next_ms = stepped_ms + STEP_GAP_MS, now_ms = loop_now_ms();

	if (w == NULL)
		fatal("out of memory for a question that waits");
	w->from = from;
	w->arena = arena_new(ARENA_BYTES);
	w->ask = *ask;
	w->ask.message_id = arena_span(w->arena, ask->message_id);
	w->ask.address = arena_span(w->arena, ask->address);
	if (TAILQ_EMPTY(&waiting))
		timer_set_ms(timer, next_ms > now_ms ? next_ms - now_ms : 0);
	TAILQ_INSERT_TAIL(&waiting, w, link);
	waiting_n++;
}

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct arena *arena;
	struct lookup_found found;
	struct lookup_ask a;

	(void)ctx;
	if (m->type != LOOKUP_ASK || lookup_ask_get(m, &a) == -1) {
		chan_bad(c, "a question that makes no sense");
		return;
	}
	arena = arena_new(ARENA_BYTES);
	deliveries_find(follow_deliveries(), &a, &found, arena);
	if (is_whole(&found) || waiting_n == WAITING_MAX)
		lookup_found_put(c, &found);
	else
		wait_for_step(c, &a);
	arena_free(arena);
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct waiting *w, *next;

	(void)ctx;
	(void)why; /* bouncd comes back with a channel of its own */
	for (w = TAILQ_FIRST(&waiting); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->from == c)
			waiting_free(w);
	}
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	(void)ctx;
	(void)instance;
	chan_answers(chan_new(fd, "bouncd", QUEUE_BYTES, on_msg, on_close, NULL));
}

void
lookup_serve(struct role *role)
{
	timer = timer_new(on_timer, NULL);
	role_on_peer(role, ROLE_BOUNCD, on_connected, NULL);
}
