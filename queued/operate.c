/* What operators do with a message: hold, release, drop, undrop; and what is damaged.
 *
 * A move is journaled before its rename, so that a start does not bring back what was dropped. What goes to trash/ or
 * corrupt/ is hidden at once, and forgotten when its file stands there.
 *
 * Who asked hears of it once it is on disk: what goes to the journal is counted as asked and as standing, in order, and the
 * index by its rounds. */
#include "err.h"
#include "store_inside.h"

#include <event2/event.h>
#include <stdlib.h>

void
store_hold(struct store *s, struct id id, bool hold)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL || e->gone_aside || (e->place == SPOOL_HOLD) == hold)
		return;
	e->place = hold ? SPOOL_HOLD : SPOOL_CUR;
	writer_move(s, e);
}

static void
put_aside(struct store *s, struct entry *e, enum spool_place place)
{
	if (e == NULL || e->gone_aside)
		return;
	e->gone_aside = true;
	e->place = (uint8_t)place;
	index_remove_all(s->index, e->id);
	writer_move(s, e);
}

void
store_drop(struct store *s, struct id id)
{
	put_aside(s, entry_find(s, id), SPOOL_TRASH);
}

void
store_corrupt(struct store *s, struct id id, const char *why)
{
	struct entry *e = entry_find(s, id);

	if (e != NULL && e->gone_aside)
		return;
	put_aside(s, e, SPOOL_CORRUPT);
	if (e == NULL)
		return;
	unqueued_put(s, id, UNQUEUED_CORRUPT, why);
	s->hooks->corrupt(s->hooks_ctx, id_text(id).c, why);
}

static void
on_taken_back(void *ctx, const struct store_end *end)
{
	(void)ctx;
	(void)end;
}

/* Those who were dropped wait again, all of them. It is journaled as an end that is open, for their ends are there too and a
 * start would believe these. The last one's mark may not have reached the file, which was in the trash by then: who is open
 * there was dropped all the same. The move is journaled behind them: without it a start leaves the message in the trash, so
 * all of them come back or none. */
void
operate_reopen(struct store *s, struct entry *e)
{
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		if (e->marks[i] != MARK_DROPPED && e->marks[i] != MARK_OPEN)
			continue;
		if (e->marks[i] == MARK_DROPPED) {
			e->marks[i] = MARK_OPEN;
			e->open++;
		}
		store_end(s, &(struct store_end){ .id = e->id, .index = i, .mark = MARK_OPEN },
		    on_taken_back, NULL);
	}
}

int
store_undrop(struct store *s, struct id id, struct err *err)
{
	struct entry *e = entry_find(s, id);

	if (e != NULL && !e->gone_aside)
		return err_set(err, "it is not in the trash");
	if (files_correcting(s, id) ||
	    (e != NULL && (e->moves > 0 || e->ends > 0 || e->state < ENTRY_FILED)))
		return err_set(err, "it is on its way into the trash; try again");
	if (e != NULL && e->place != SPOOL_TRASH)
		return err_set(err, "it is not in the trash");
	if (e == NULL)
		e = entry_in(s, id, SPOOL_TRASH, err);
	if (e == NULL)
		return spool_has(s->spool, id, SPOOL_TRASH)
			   ? -1
			   : err_set(err, "it is not in the trash");
	e->gone_aside = false;
	e->place = SPOOL_CUR;
	e->from_trash = true;
	operate_reopen(s, e);
	writer_move(s, e);
	return 0;
}

/* ---- is it on disk? ---- */

struct settling {
	STAILQ_ENTRY(settling) link;
	uint64_t records, index_rounds; /* what must stand */
	void (*done)(void *);
	void *ctx;
};

void
store_settled(struct store *s, void (*done)(void *), void *ctx)
{
	struct settling *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for an answer");
	*w = (struct settling){ .records = s->records_asked,
		.index_rounds = s->index_rounds + index_has_changes(s->index),
		.done = done,
		.ctx = ctx };
	STAILQ_INSERT_TAIL(&s->settling, w, link);
	event_active(s->wake, EV_READ, 0);
}

void
operate_look(struct store *s)
{
	struct settling *w;

	while ((w = STAILQ_FIRST(&s->settling)) != NULL && w->records <= s->records_stand &&
	       w->index_rounds <= s->index_stands) {
		STAILQ_REMOVE_HEAD(&s->settling, link);
		w->done(w->ctx);
		free(w);
	}
	if (w != NULL && w->index_rounds > s->index_rounds)
		checkpoint_index(s); /* at once, not with the next tick */
}
