#include "trash.h"
#include "err.h"
#include "loop.h"
#include "queued.h"
#include "store.h"

#include <stdlib.h>
#include <sysexits.h>

enum { NAMES_AT_ONCE = 512, FILES_AT_ONCE = 16, PAUSE_MS = 1, STALLED_MS = 100, TELL_MS = 1000 };

struct walk {
	struct queued *q;
	struct control_call *call;
	struct selection *selection;
	struct trash_use use;
	void *ctx;
	void *names; /* the folder, while it is read */
	bool all_named;
	struct id *ids; /* in range */
	size_t n, room, at;
	struct due next;
	uint64_t tell_ms; /* when to say again that it goes on: who asked waits for a word */
};

/* Of a file in the trash who is open was dropped too: the last one's mark may not have reached it. */
static bool
was_dropped(const struct recipient *r)
{
	return r->mark == MARK_DROPPED || r->mark == MARK_OPEN;
}

uint32_t
trash_next(const struct selection *s, const struct envelope *e, uint32_t from)
{
	while (from < e->rcpts_n && (!was_dropped(&e->rcpts[from]) || !selection_takes(s, e, from)))
		from++;
	return from;
}

static void
on_name(void *ctx, struct id id)
{
	struct walk *w = ctx;

	if (!selection_has(w->selection, id))
		return;
	if (w->n == w->room) {
		w->room = w->room == 0 ? NAMES_AT_ONCE : w->room * 2;
		w->ids = reallocarray(w->ids, w->room, sizeof(*w->ids));
		if (w->ids == NULL)
			fatal("out of memory for the names in the trash");
	}
	w->ids[w->n++] = id;
}

static int
by_id(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return id_cmp(*x, *y);
}

static void
walk_free(struct walk *w)
{
	if (!w->all_named)
		store_trash_end(w->names);
	selection_free(w->selection);
	free(w->ids);
	free(w);
}

/* False: enough. What is gone by now, or not whole, is passed. */
static bool
file_look(struct walk *w, struct id id)
{
	struct arena *a = arena_new(0);
	struct envelope e;
	struct facts f;
	struct err err;
	bool more = true;

	if (store_trash_read(w->q->store, id, &e, &f, a, &err) == 0) {
		uint32_t first = trash_next(w->selection, &e, 0);

		if (first < e.rcpts_n)
			more = w->use.each(w->q, w->call, &e, &f, first, w->ctx);
	}
	arena_free(a);
	return more;
}

static void
names_read(struct walk *w)
{
	w->all_named = !store_trash_step(w->q->store, &w->names, NAMES_AT_ONCE, on_name, w);
	if (w->all_named && w->n > 1)
		qsort(w->ids, w->n, sizeof(*w->ids), by_id);
}

enum step { STEP_MORE, STEP_STALLED, STEP_DONE, STEP_AMBIGUOUS };

static enum step
slice(struct walk *w)
{
	if (!w->all_named) {
		names_read(w);
		return STEP_MORE;
	}
	if (selection_is_by_id(w->selection) && w->n > 1)
		return STEP_AMBIGUOUS;
	for (unsigned i = 0; i < FILES_AT_ONCE; i++) {
		if (w->use.may != NULL && !w->use.may(w->q))
			return STEP_STALLED;
		if (w->at == w->n || !file_look(w, w->ids[w->at++]))
			return STEP_DONE;
	}
	return STEP_MORE;
}

static void
tell(struct walk *w)
{
	if (loop_now_ms() < w->tell_ms)
		return;
	w->tell_ms = loop_now_ms() + TELL_MS;
	control_row(w->call);
	control_num(w->call, "so_far", w->at);
	control_row_end(w->call);
	control_flush(w->call);
}

static void
go_on(struct walk *w)
{
	enum step step = slice(w);

	tell(w);
	switch (step) {
	case STEP_MORE:
	case STEP_STALLED:
		schedule_set(&w->q->schedule, &w->next,
		    loop_now_ms() + (step == STEP_MORE ? PAUSE_MS : STALLED_MS));
		return;
	case STEP_AMBIGUOUS:
		control_error(w->call, EX_USAGE,
		    "several messages in the trash begin so, as %s and %s: give more of the id",
		    id_text(w->ids[0]).c, id_text(w->ids[1]).c);
		w->use.ambiguous(w->ctx);
		break;
	case STEP_DONE:
		w->use.done(w->q, w->call, w->ctx);
		break;
	}
	walk_free(w);
}

static void
on_next(void *ctx, struct due *due)
{
	(void)due;
	go_on(ctx);
}

void
trash_walk(struct selection *s, struct queued *q, struct control_call *c,
    const struct trash_use *use, void *ctx)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for a look into the trash");
	*w = (struct walk){ .q = q, .call = c, .selection = s, .use = *use, .ctx = ctx };
	w->next = (struct due){ .fire = on_next, .ctx = w };
	w->tell_ms = loop_now_ms() + TELL_MS;
	go_on(w);
}
