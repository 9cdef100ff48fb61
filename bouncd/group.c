#include "group.h"
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

static struct {
	bool open;
	struct change *changes;
	size_t n, room;
	STAILQ_HEAD(, waiter) waiters;
} group;

int
group_open(struct bouncd *b, struct err *err)
{
	if (group.open)
		return 0;
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
tell(struct bouncd *b, bool durable)
{
	struct waiter *w;

	for (size_t i = 0; durable && i < group.n; i++)
		publish_change(b, group.changes[i].published, group.changes[i].suppressed);
	group.n = 0;
	while ((w = STAILQ_FIRST(&group.waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&group.waiters, link);
		w->say(b, w->what, durable);
		free(w);
	}
}

int
group_close(struct bouncd *b, struct err *err)
{
	struct err why = { "" };
	int r;

	if (!group.open)
		return 0;
	group.open = false;
	r = suppression_commit(b->list, &why);
	if (r == -1)
		log_error("not-suppressed", "entries=%zu why=\"%s\"", group.n, why.text);
	tell(b, r == 0);
	if (r == -1 && err != NULL)
		*err = why;
	return r;
}

static void
on_turn_end(void *ctx)
{
	(void)group_close(ctx, NULL);
}

void
group_start(struct bouncd *b)
{
	STAILQ_INIT(&group.waiters);
	loop_at_turn_end(on_turn_end, b);
}
