/* Files that are not in the queue though they are mail: those that cannot be read now, which are tried again with growing
 * waits, and those in corrupt/. Both are counted and listed, and come back by store_recover(). */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "store_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WAIT_TICKS = 10,
	WAIT_MOST_TICKS = 600,
	TRIES_A_TICK = 100,
	SAID_A_TICK = 10, /* log lines; of more than that the number */
};

static struct unqueued *
unqueued_find(const struct store *s, struct id id)
{
	for (struct table_node *n = table_first(&s->unqueued, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct unqueued *a = TABLE_OF(n, struct unqueued, by_id);

		if (id_eq(a->id, id))
			return a;
	}
	return NULL;
}

static struct unqueued *
unqueued_new(struct store *s, struct id id, enum unqueued_kind kind)
{
	struct unqueued *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory for what is set aside");
	a->id = id;
	a->kind = (uint8_t)kind;
	a->wait_ticks = WAIT_TICKS;
	table_put(&s->unqueued, &a->by_id, id_hash(id));
	if (kind == UNQUEUED_UNREADABLE) {
		TAILQ_INSERT_TAIL(&s->unreadable, a, link);
		s->numbers.unreadable++;
	} else
		s->numbers.corrupt++;
	return a;
}

static void
unqueued_free(struct store *s, struct unqueued *a)
{
	if (a->kind == UNQUEUED_UNREADABLE) {
		TAILQ_REMOVE(&s->unreadable, a, link);
		s->numbers.unreadable--;
	} else
		s->numbers.corrupt--;
	table_remove(&s->unqueued, &a->by_id);
	free(a);
}

void
unqueued_forget(struct store *s, struct id id, enum unqueued_kind kind)
{
	struct unqueued *a = unqueued_find(s, id);

	if (a != NULL && a->kind == kind)
		unqueued_free(s, a);
}

static void
say_unreadable(struct store *s, const struct unqueued *a)
{
	if (s->unqueued_said++ >= SAID_A_TICK)
		return;
	log_error("unreadable", "id=%s why=\"%s\"", id_text(a->id).c, a->why);
}

void
unqueued_put(struct store *s, struct id id, enum unqueued_kind kind, const char *why)
{
	struct unqueued *a = unqueued_find(s, id);
	bool known = a != NULL && a->kind == kind;

	if (a != NULL && !known) {
		unqueued_free(s, a);
		a = NULL;
	}
	if (a == NULL)
		a = unqueued_new(s, id, kind);
	snprintf(a->why, sizeof(a->why), "%s", why);
	if (kind != UNQUEUED_UNREADABLE)
		return;
	if (!known)
		say_unreadable(s, a);
	else if (a->wait_ticks < WAIT_MOST_TICKS)
		a->wait_ticks *= 2;
	a->next_tick = s->ticks + a->wait_ticks;
}

/* Once a second. Those tried go to the end, so that each has its turn. */
void
unqueued_tick(struct store *s)
{
	struct unqueued *a = TAILQ_FIRST(&s->unreadable),
			*last = TAILQ_LAST(&s->unreadable, unqueueds);

	if (s->unqueued_said > SAID_A_TICK)
		log_error("unreadable", "more=%u", s->unqueued_said - SAID_A_TICK);
	s->unqueued_said = 0;
	for (unsigned i = 0; a != NULL && i < TRIES_A_TICK; i++) {
		struct unqueued *next = a == last ? NULL : TAILQ_NEXT(a, link);

		TAILQ_REMOVE(&s->unreadable, a, link);
		TAILQ_INSERT_TAIL(&s->unreadable, a, link);
		if (a->next_tick <= s->ticks)
			restore_try(s, a->id);
		a = next;
	}
}

void
store_asides(struct store *s, bool (*each)(void *, const struct store_aside *), void *ctx)
{
	for (struct table_node *n = table_each(&s->unqueued, NULL); n != NULL;
	     n = table_each(&s->unqueued, n)) {
		const struct unqueued *a = TABLE_OF(n, struct unqueued, by_id);

		if (!each(ctx, &(struct store_aside){ .id = a->id,
				   .unreadable = a->kind == UNQUEUED_UNREADABLE,
				   .why = a->why }))
			return;
	}
}

/* ---- back into the queue ---- */

static int
is_whole_there(struct store *s, struct id id, struct err *err)
{
	int fd = spool_read_in(s->spool, id, SPOOL_CORRUPT), r;

	if (fd == -1)
		return err_sys(err, "open %s in corrupt/", id_text(id).c);
	r = restore_check(fd, id, err);
	close(fd);
	return r;
}

static int
recover_corrupt(struct store *s, struct id id, struct err *err)
{
	struct entry *e = entry_find(s, id);

	if (e != NULL)
		return err_set(err, "it is on its way into corrupt/; try again");
	if (is_whole_there(s, id, err) == -1 || spool_move(s->spool, id, SPOOL_CUR, err) == -1)
		return -1;
	e = entry_restore(s, id, err);
	if (e == NULL)
		return -1;
	unqueued_forget(s, id, UNQUEUED_CORRUPT);
	operate_reopen(s, e);
	writer_move(s, e);
	return 0;
}

int
store_recover(struct store *s, struct id id, struct err *err)
{
	const struct unqueued *a = unqueued_find(s, id);

	if (a == NULL && !spool_has(s->spool, id, SPOOL_CORRUPT))
		return err_set(err, "it is neither unreadable nor in corrupt/");
	if (a == NULL || a->kind == UNQUEUED_CORRUPT)
		return recover_corrupt(s, id, err);
	restore_try(s, id);
	a = unqueued_find(s, id);
	return a == NULL ? 0 : err_set(err, "it cannot be read: %s", a->why);
}
