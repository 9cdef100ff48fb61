/* Messages that were accepted, and whose record in the journal is damaged. Nobody else ends their recipients.
 *
 * Where the head is whole and only the bytes are not, the message is told as one that is damaged in its file: a final event
 * and a bounce. Else what can be read of the head is (store_hooks.lost). Not told: those whose ends the journal holds, which
 * is where these go too, so that the next start tells nothing again; and who has a file, which counts. */
#include "err.h"
#include "message_file.h"
#include "store_inside.h"

#include <stdlib.h>
#include <string.h>

struct perished_message {
	STAILQ_ENTRY(perished_message) link;
	struct id id;
	size_t n;
	char head[];
};

struct perished_end {
	struct id id;
	uint32_t index;
};

struct perished {
	STAILQ_HEAD(, perished_message) messages;
	struct perished_end *ends;
	size_t ends_n, ends_cap;
};

struct perished *
perished_new(void)
{
	struct perished *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the replay");
	STAILQ_INIT(&p->messages);
	return p;
}

void
perished_add(struct perished *p, const struct journal_record *rec)
{
	struct perished_message *m = malloc(sizeof(*m) + rec->head.n);

	if (m == NULL)
		fatal("out of memory for the replay");
	*m = (struct perished_message){ .id = rec->id, .n = rec->head.n };
	memcpy(m->head, rec->head.p, rec->head.n);
	STAILQ_INSERT_TAIL(&p->messages, m, link);
}

/* Where no message was lost before it, nobody asks for an end. */
void
perished_end(struct perished *p, struct id id, uint32_t index)
{
	if (STAILQ_EMPTY(&p->messages))
		return;
	if (p->ends_n == p->ends_cap) {
		p->ends_cap = p->ends_cap == 0 ? 256 : p->ends_cap * 2;
		p->ends = reallocarray(p->ends, p->ends_cap, sizeof(*p->ends));
		if (p->ends == NULL)
			fatal("out of memory for the replay");
	}
	p->ends[p->ends_n++] = (struct perished_end){ id, index };
}

static int
by_id_and_index(const void *a, const void *b)
{
	const struct perished_end *x = a, *y = b;
	int c = id_cmp(x->id, y->id);

	return c != 0 ? c : x->index < y->index ? -1 : x->index > y->index;
}

static bool
has_ended(const struct perished *p, struct id id, uint32_t index)
{
	const struct perished_end end = { id, index };

	return p->ends_n > 0 &&
	       bsearch(&end, p->ends, p->ends_n, sizeof(end), by_id_and_index) != NULL;
}

static int
by_id(const void *a, const void *b)
{
	const struct perished_end *x = a, *y = b;

	return id_cmp(x->id, y->id);
}

/* Where a line of a recipient is damaged, those behind it are not the ones that ends count. */
static bool
are_miscounted(const struct perished *p, const struct envelope *e, struct span head)
{
	const struct perished_end end = { .id = e->id };
	struct message_file f;

	return message_file_first(head, &f) == 0 && f.rcpts_n != e->rcpts_n && p->ends_n > 0 &&
	       bsearch(&end, p->ends, p->ends_n, sizeof(end), by_id) != NULL;
}

/* False: nobody is left to be told of. UINT32_MAX is the end of a message whose recipients could not be read. */
static bool
marks_take(const struct perished *p, struct envelope *e)
{
	bool open = e->rcpts_n == 0;

	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		if (has_ended(p, e->id, i))
			e->rcpts[i].mark = MARK_DROPPED;
		open |= e->rcpts[i].mark == MARK_OPEN;
	}
	return open && !has_ended(p, e->id, UINT32_MAX);
}

static bool
is_elsewhere(const struct store *s, struct id id)
{
	return entry_find(s, id) != NULL || spool_has_any(s->spool, id, SPOOL_CORRUPT);
}

/* False: it cannot be read whole. */
static bool
tell_damaged(struct store *s, const struct perished *p, struct span head, struct arena *a)
{
	struct envelope e;
	struct facts f;
	struct err err;

	if (message_file_parse(head, &e, &f, a, &err) == -1)
		return false;
	if (!is_elsewhere(s, e.id) && marks_take(p, &e))
		s->hooks->found(s->hooks_ctx,
		    &(struct store_found){ .envelope = &e, .facts = &f, .damaged = true });
	return true;
}

static void
tell_lost(
    struct store *s, const struct perished *p, struct id id, struct span head, struct arena *a)
{
	struct envelope e = { .id = id };

	message_file_salvage(head, &e, a);
	if (are_miscounted(p, &e, head))
		e.rcpts_n = 0;
	if (s->hooks->lost != NULL && !is_elsewhere(s, id) && marks_take(p, &e))
		s->hooks->lost(s->hooks_ctx, &e, "its record in the journal is damaged");
}

void
perished_tell(struct store *s, struct perished *p)
{
	struct perished_message *m;

	if (p->ends_n > 0)
		qsort(p->ends, p->ends_n, sizeof(*p->ends), by_id_and_index);
	while ((m = STAILQ_FIRST(&p->messages)) != NULL) {
		struct arena *a = arena_new(0);
		struct span head = span_of(m->head, m->n);

		STAILQ_REMOVE_HEAD(&p->messages, link);
		/* What is damaged may be the record's header alone. */
		if (!tell_damaged(s, p, head, a))
			tell_lost(s, p, m->id, head, a);
		arena_free(a);
		free(m);
	}
	free(p->ends);
	free(p);
}
