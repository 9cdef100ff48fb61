#include "lookup.h"
#include "follow.h"
#include "loop.h"

enum { QUEUE_BYTES = 4 * 1024 * 1024, ARENA_BYTES = 64 * 1024, STEPS_A_SECOND = 10 };

/* Each costs waits for the disk, and whoever forges reports should not be able to order them by the thousand. */
static bool
may_step(void)
{
	static uint64_t second;
	static unsigned n;

	if (second != loop_now_ms() / 1000) {
		second = loop_now_ms() / 1000;
		n = 0;
	}
	return n++ < STEPS_A_SECOND;
}

/* The event may be in the file and not in the index yet: a bounce can be fast. */
static void
find(const struct lookup_ask *a, struct lookup_found *found, struct arena *arena)
{
	deliveries_find(follow_deliveries(), a, found, arena);
	if ((found->found && found->recipient.n > 0) || !may_step())
		return;
	follow_a_step();
	deliveries_find(follow_deliveries(), a, found, arena);
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
	find(&a, &found, arena);
	lookup_found_put(c, &found);
	arena_free(arena);
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	(void)ctx;
	(void)c;
	(void)why; /* bouncd comes back with a channel of its own */
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	(void)ctx;
	(void)instance;
	(void)chan_new(fd, "bouncd", QUEUE_BYTES, on_msg, on_close, NULL);
}

void
lookup_serve(struct role *role)
{
	role_on_peer(role, ROLE_BOUNCD, on_connected, NULL);
}
