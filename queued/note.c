/* A small text that is kept beside the queue: whole or as it was before, never half. Written in the sync thread. */
#include "err.h"
#include "log.h"
#include "store_inside.h"

#include <stdlib.h>
#include <string.h>

struct note_work {
	struct work work;
	struct store *store;
	void (*done)(void *, bool);
	void *ctx;
	struct err err;
	int failed;
	size_t n;
	char text[];
};

static void
note_run(struct work *w)
{
	struct note_work *k = (struct note_work *)w;

	k->failed = spool_note_write(k->store->spool, span_of(k->text, k->n), &k->err);
}

static void
on_noted(struct work *w)
{
	struct note_work *k = (struct note_work *)w;

	if (k->failed)
		log_error("note-failed", "why=\"%s\"", k->err.text);
	k->done(k->ctx, !k->failed);
	free(k);
}

void
store_note(struct store *s, struct span text, void (*done)(void *, bool), void *ctx)
{
	struct note_work *k = calloc(1, sizeof(*k) + text.n);

	if (k == NULL)
		fatal("out of memory for a note");
	*k = (struct note_work){ .work = { .run = note_run, .done = on_noted },
		.store = s,
		.done = done,
		.ctx = ctx,
		.n = text.n };
	if (text.n > 0)
		memcpy(k->text, text.p, text.n);
	thread_push(s->sync, &k->work);
}

int
store_note_read(const struct store *s, struct buf *into, struct err *err)
{
	return spool_note_read(s->spool, into, err);
}
