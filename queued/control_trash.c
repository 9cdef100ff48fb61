/* undrop, and queue --trash: what was dropped. A message stands in the trash once all its recipients have ended; while others
 * of it wait, those that were dropped are in the queue with them. */
#include "control.h"
#include "control_verbs.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "message.h"
#include "queued.h"
#include "selection.h"
#include "storage.h"
#include "store.h"
#include "trash.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* ---- looking ---- */

struct looking {
	struct selection *selection;
	unsigned most, found;
	struct id example;
	char from[320], recipient[320];
};

static struct looking *
looking_new(unsigned most)
{
	struct looking *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory for a look into the trash");
	l->most = most;
	return l;
}

static void
row(struct control_call *c, const struct envelope *e, const struct facts *f, uint32_t index)
{
	control_row(c);
	control_id(c, "message", e->id);
	control_span(c, "recipient", e->rcpts[index].address);
	control_span(c, "from", e->from);
	control_span(c, "tenant", e->tenant);
	control_span(c, "campaign", e->campaign);
	control_str(c, "state", delivery_state_name(QUEUE_DROPPED));
	control_num(c, "size", f->size_bytes);
	control_num(c, "received_ms", e->received_ms);
	control_row_end(c);
}

static bool
list_one(struct queued *q, struct control_call *c, const struct envelope *e, const struct facts *f,
    uint32_t first, void *ctx)
{
	struct looking *l = ctx;

	(void)q;
	for (uint32_t i = first; i < e->rcpts_n && l->found < l->most;
	     i = trash_next(l->selection, e, i + 1)) {
		row(c, e, f, i);
		l->found++;
	}
	return l->found < l->most;
}

static void
on_listed(struct queued *q, struct control_call *c, void *ctx)
{
	(void)q;
	control_end(c);
	free(ctx);
}

static void
list_waiting(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct looking *l = ctx;
	const struct message *m = d->message;

	(void)q;
	row(c, m->envelope, &m->facts, d->index);
	l->found++;
}

/* Those in the queue were looked at; a walk frees its selection, so the trash has one of its own. */
static void
on_listed_waiting(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	static const struct trash_use use = {
		.each = list_one, .done = on_listed, .ambiguous = free
	};
	struct looking *l = ctx;

	l->selection = selection_new(q, c);
	if (l->selection == NULL)
		free(l);
	else if (found >= l->most) {
		selection_free(l->selection);
		on_listed(q, c, l);
	} else
		trash_walk(l->selection, q, c, &use, l);
}

void
control_trash_list(struct selection *s, unsigned most)
{
	static const struct selection_use use = {
		.each = list_waiting, .done = on_listed_waiting, .dropped = true
	};

	selection_walk(s, most, &use, looking_new(most));
}

static bool
count_one(struct queued *q, struct control_call *c, const struct envelope *e, const struct facts *f,
    uint32_t first, void *ctx)
{
	struct looking *l = ctx;

	(void)q, (void)c, (void)f;
	if (l->found == 0) {
		l->example = e->id;
		snprintf(l->from, sizeof(l->from), "%.*s", SPAN(e->from));
		snprintf(l->recipient, sizeof(l->recipient), "%.*s", SPAN(e->rcpts[first].address));
	}
	for (uint32_t i = first; i < e->rcpts_n; i = trash_next(l->selection, e, i + 1))
		l->found++;
	return true;
}

static void
count_waiting(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct looking *l = ctx;
	const struct envelope *e = d->message->envelope;

	(void)q, (void)c;
	if (l->found++ > 0)
		return;
	l->example = e->id;
	snprintf(l->from, sizeof(l->from), "%.*s", SPAN(e->from));
	snprintf(l->recipient, sizeof(l->recipient), "%.*s", SPAN(delivery_address(d)));
}

static void
on_counted(struct queued *q, struct control_call *c, void *ctx)
{
	struct looking *l = ctx;

	(void)q;
	if (l->found > 0) {
		control_row(c);
		control_id(c, "message", l->example);
		control_str(c, "from", l->from);
		control_str(c, "recipient", l->recipient);
		control_num(c, "count", l->found);
		control_row_end(c);
	}
	control_end(c);
	free(l);
}

static void
on_counted_waiting(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	static const struct trash_use use = {
		.each = count_one, .done = on_counted, .ambiguous = free
	};
	struct looking *l = ctx;

	(void)found;
	l->selection = selection_new(q, c);
	if (l->selection == NULL)
		free(l);
	else
		trash_walk(l->selection, q, c, &use, l);
}

void
control_trash_count(struct selection *s)
{
	static const struct selection_use use = {
		.each = count_waiting, .done = on_counted_waiting, .dropped = true, .tells = true
	};

	selection_walk(s, UINT32_MAX, &use, looking_new(UINT32_MAX));
}

/* ---- undrop ---- */

struct undropping {
	unsigned done, refused;
	struct err why; /* of the last that was refused */
};

/* An answer that is given once what it says is on disk. */
static void
on_settled(void *ctx)
{
	struct control_call *c = ctx;

	control_end(c);
}

static void
answer(struct queued *q, struct control_call *c, void *ctx)
{
	struct undropping *u = ctx;

	if (u->done == 0 && u->refused > 0)
		control_error(c, 1, "%s", u->why.text);
	else if (u->done == 0)
		control_error(c, 1, "nothing in the trash fits");
	else {
		control_row(c);
		control_num(c, "count", u->done);
		control_row_end(c);
		store_settled(q->store, on_settled, c);
	}
	free(u);
}

static bool
refused(struct undropping *u)
{
	u->refused++;
	return true;
}

/* All that was dropped of a message comes back with it. */
static bool
undrop_one(struct queued *q, struct control_call *c, const struct envelope *e,
    const struct facts *f, uint32_t first, void *ctx)
{
	struct undropping *u = ctx;
	struct message *m;

	(void)f, (void)first;
	if (store_undrop(q->store, e->id, &u->why) == -1)
		return refused(u);
	m = storage_bring(q, e->id);
	if (m == NULL) {
		err_set(&u->why, "%s came out of the trash and cannot be read", id_text(e->id).c);
		return refused(u);
	}
	events_admin(
	    q->events, "undrop", control_actor(c), &m->deliveries[0], control_arg(c, "reason"));
	u->done += m->open;
	return true;
}

static bool
has_room(struct queued *q)
{
	return !storage_is_crowded(q);
}

static void
undrop_waiting(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct undropping *u = ctx;

	events_admin(q->events, "undrop", control_actor(c), d, control_arg(c, "reason"));
	u->done += course_undrop(q, d) == ACT_DONE;
}

static void
on_waiting_done(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	static const struct trash_use use = {
		.each = undrop_one, .done = answer, .ambiguous = free, .may = has_room
	};
	struct selection *s = selection_new(q, c);

	(void)found;
	if (s == NULL)
		free(ctx);
	else
		trash_walk(s, q, c, &use, ctx);
}

/* First the recipients that were dropped from messages in the queue, then the messages in the trash. */
void
verb_undrop(void *ctx, struct control_call *c)
{
	static const struct selection_use use = { .each = undrop_waiting,
		.done = on_waiting_done,
		.changes = true,
		.dropped = true,
		.tells = true };
	struct selection *s = selection_new(ctx, c);
	struct undropping *u;

	if (s == NULL)
		return;
	if (selection_is_empty(s) && !control_arg_bool(c, "all")) {
		control_error(c, EX_USAGE, "undrop needs a message id or another selector, or all");
		selection_free(s);
		return;
	}
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		fatal("out of memory for a command");
	selection_walk(s, UINT32_MAX, &use, u);
}
