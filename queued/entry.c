#include "err.h"
#include "message_file.h"
#include "store_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry *
entry_find(const struct store *s, struct id id)
{
	for (struct table_node *n = table_first(&s->entries, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct entry *e = TABLE_OF(n, struct entry, by_id);

		if (id_eq(e->id, id))
			return e;
	}
	return NULL;
}

struct entry *
entry_new(struct store *s, struct id id, uint32_t rcpts_n)
{
	struct entry *e = malloc(sizeof(*e) + rcpts_n * (sizeof(e->mark_at[0]) + 1));

	if (e == NULL)
		fatal("out of memory for a message");
	*e = (struct entry){
		.id = id, .rcpts_n = rcpts_n, .open = rcpts_n, .segment = SEGMENT_NONE
	};
	e->marks = (char *)&e->mark_at[rcpts_n];
	memset(e->marks, MARK_OPEN, rcpts_n);
	table_put(&s->entries, &e->by_id, id_hash(id));
	s->numbers.messages++;
	return e;
}

void
entry_free(struct store *s, struct entry *e)
{
	entry_leaves(s, e);
	table_remove(&s->entries, &e->by_id);
	s->numbers.messages--;
	s->numbers.files -= e->state >= ENTRY_FILED;
	free(e);
}

int
entry_marks(struct entry *e, struct span head)
{
	if (message_file_marks(head, e->mark_at, e->rcpts_n) != e->rcpts_n)
		return -1;
	e->open = 0;
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		e->marks[i] = head.p[e->mark_at[i]];
		e->open += e->marks[i] == MARK_OPEN;
	}
	return 0;
}

void
entry_lives_in(struct store *s, struct entry *e, unsigned segment)
{
	e->segment = (uint16_t)segment;
	TAILQ_INSERT_TAIL(&s->segments[segment].living, e, living);
}

void
entry_leaves(struct store *s, struct entry *e)
{
	if (e->segment == SEGMENT_NONE)
		return;
	TAILQ_REMOVE(&s->segments[e->segment].living, e, living);
	e->segment = SEGMENT_NONE;
}

int
entry_file(const struct store *s, const struct entry *e)
{
	int fd = spool_read(s->spool, e->id, NULL);

	if (fd == -1 && errno == ENOENT && e->from_trash)
		fd = spool_read_in(s->spool, e->id, SPOOL_TRASH);
	return fd;
}

/* Whether or not the file stands yet: this is done behind what was asked for before. What is corrupt is not touched. */
static void
mark_in_file(struct store *s, struct entry *e, uint32_t index)
{
	if (e->named && e->place != SPOOL_CORRUPT)
		files_mark(s, e, index);
}

void
entry_let_go(struct store *s, struct entry *e)
{
	if ((e->gone_aside || e->untold) && e->state == ENTRY_FILE && e->moves == 0 && e->ends == 0)
		entry_free(s, e);
}

/* False: it had ended already. */
static bool
mark_take(struct store *s, struct entry *e, uint32_t index, char mark)
{
	if (mark != MARK_OPEN) {
		if (e->marks[index] != MARK_OPEN)
			return false;
		e->marks[index] = mark;
		e->open--;
		if (e->indexed)
			index_remove(s->index, e->id, index);
	} /* else it was taken back: in memory that was done at once (operate.c) */
	return true;
}

void
entry_ended(struct store *s, struct entry *e, uint32_t index, char mark)
{
	bool took = index < e->rcpts_n && mark_take(s, e, index, mark);

	if (took && e->open == 0 && !e->gone_aside) {
		if (e->named)
			files_remove(s, e->id);
		entry_free(s, e);
		return;
	}
	if (took)
		mark_in_file(s, e, index);
	entry_let_go(s, e);
}
