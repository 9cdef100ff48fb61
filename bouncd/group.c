#include "group.h"
#include "disk.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "publish.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

struct change {
	uint64_t published;
	bool suppressed;
};

struct waiter {
	STAILQ_ENTRY(waiter) link;
	void (*say)(struct bouncd *, void *what, bool durable);
	void *what;
};

struct group {
	bool open;
	struct change *changes;
	size_t n, room;
	STAILQ_HEAD(, waiter) waiters;
};

/* The one that grows, and the one that is being committed. */
static struct group group, handed;
static struct err lost_why;
static bool asked; /* the disk, for the one that grows */

int
group_open(struct bouncd *b, struct err *err)
{
	if (group.open)
		return 0;
	disk_finish();
	if (suppression_begin(b->list, err) == -1)
		return -1;
	group.open = true;
	return 0;
}

void
group_change(struct bouncd *b, const struct suppression_entry *e, bool suppressed)
{
	if (!group.open) {
		publish_change(b, e->hash.published, suppressed);
		return;
	}
	if (group.n == group.room) {
		group.room = group.room == 0 ? 64 : group.room * 2;
		group.changes = reallocarray(group.changes, group.room, sizeof(*group.changes));
		if (group.changes == NULL)
			fatal("out of memory for changes of the suppression list");
	}
	group.changes[group.n++] = (struct change){ e->hash.published, suppressed };
}

void
group_after(struct bouncd *b, void (*say)(struct bouncd *, void *what, bool durable), void *what)
{
	struct waiter *w;

	if (!group.open) {
		say(b, what, true);
		return;
	}
	w = malloc(sizeof(*w));
	if (w == NULL)
		fatal("out of memory for an answer");
	*w = (struct waiter){ .say = say, .what = what };
	STAILQ_INSERT_TAIL(&group.waiters, w, link);
}

static void
tell(struct bouncd *b, struct group *g, bool durable)
{
	struct waiter *w;

	for (size_t i = 0; durable && i < g->n; i++)
		publish_change(b, g->changes[i].published, g->changes[i].suppressed);
	g->n = 0;
	while ((w = STAILQ_FIRST(&g->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&g->waiters, link);
		w->say(b, w->what, durable);
		free(w);
	}
}

static void
ended(struct bouncd *b, struct group *g, int r, const struct err *why)
{
	if (r == -1) {
		log_error("not-suppressed", "entries=%zu why=\"%s\"", g->n, why->text);
		lost_why = *why;
	}
	tell(b, g, r == 0);
}

const char *
group_lost_why(void)
{
	return lost_why.text;
}

/* ---- a turn's end: committed in the thread ---- */

struct then {
	void (*call)(struct bouncd *, void *ctx);
	void *ctx;
};

static void
commit_run(struct bouncd *b, void *then)
{
	(void)then;
	suppression_commit_run(b->list);
}

static void
commit_done(struct bouncd *b, void *what)
{
	struct err why = { "" };
	int r = suppression_commit_end(b->list, &why);
	struct then *then = what;

	ended(b, &handed, r, &why);
	if (then == NULL)
		return;
	then->call(b, then->ctx);
	free(then);
}

static void
commit_begin(struct bouncd *b, struct then *then)
{
	struct group spare = handed;

	group.open = false;
	handed = group;
	STAILQ_INIT(&handed.waiters);
	STAILQ_CONCAT(&handed.waiters, &group.waiters);
	group = spare;
	STAILQ_INIT(&group.waiters);
	suppression_commit_hand(b->list);
	disk_begin(b, commit_run, commit_done, then);
}

/* One that was open may have been closed by who could not wait. */
static void
turn_of_commit(struct bouncd *b, void *unused)
{
	(void)unused;
	asked = false;
	if (group.open)
		commit_begin(b, NULL);
}

static void
on_turn_end(void *ctx)
{
	if (!group.open || asked)
		return;
	asked = true;
	disk_when_free(ctx, turn_of_commit, NULL);
}

static void
turn_between(struct bouncd *b, void *what)
{
	struct then *then = what;

	if (group.open) {
		commit_begin(b, then);
		return;
	}
	then->call(b, then->ctx);
	free(then);
}

void
group_between(struct bouncd *b, void (*call)(struct bouncd *, void *), void *ctx)
{
	struct then *then = malloc(sizeof(*then));

	if (then == NULL)
		fatal("out of memory for what goes to the disk");
	*then = (struct then){ .call = call, .ctx = ctx };
	disk_when_free(b, turn_between, then);
}

void
group_start(struct bouncd *b)
{
	STAILQ_INIT(&group.waiters);
	STAILQ_INIT(&handed.waiters);
	loop_at_turn_end(on_turn_end, b);
}
