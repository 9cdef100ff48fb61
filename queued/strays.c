/* Files without an index record, looked for after the start, a folder at a time, in the background: what is open in them is
 * due now. So a lost index costs retry times and nothing else. */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "store_inside.h"

#include <stdlib.h>
#include <unistd.h>

struct stray {
	struct id id;
	enum spool_place place;
	uint32_t index;
	bool damaged, ended;
};

struct stray_work {
	struct work work;
	struct store *store;
	unsigned folder;
	bool there;
	struct buf strays;  /* of struct stray */
	struct buf foreign; /* names, each with a NUL */
};

/* ---- in the thread ---- */

static void
add(struct stray_work *k, struct stray s)
{
	buf_add(&k->strays, &s, sizeof(s));
}

static void
open_recipients(struct stray_work *k, struct id id, enum spool_place place, const struct head *h)
{
	uint32_t *at = calloc(h->rcpts_n + 1, sizeof(*at));
	uint32_t n = message_file_marks(span_of(h->p, h->n), at, h->rcpts_n);
	bool any = false;

	for (uint32_t i = 0; i < n && i < h->rcpts_n; i++)
		if (h->p[at[i]] == MARK_OPEN) {
			add(k, (struct stray){ .id = id, .place = place, .index = i });
			any = true;
		}
	if (!any)
		add(k, (struct stray){ .id = id, .place = place, .ended = true });
	free(at);
}

static void
look_at(void *ctx, struct id id, enum spool_place place)
{
	struct stray_work *k = ctx;
	struct head h;
	struct err err;
	int fd;

	if (index_has_written(k->store->index, id))
		return;
	fd = spool_read(k->store->spool, id, NULL);
	if (fd == -1)
		return;
	if (head_read(fd, 0, &h, &err) == -1)
		add(k, (struct stray){ .id = id, .place = place, .damaged = true });
	else {
		open_recipients(k, id, place, &h);
		free(h.p);
	}
	close(fd);
}

static void
foreign(void *ctx, const char *name)
{
	struct stray_work *k = ctx;

	buf_str(&k->foreign, name);
	buf_byte(&k->foreign, '\0');
}

static void
look_run(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;

	k->there = spool_each(k->store->spool, k->folder, look_at, foreign, k);
}

/* ---- back in the loop ---- */

static void
found(struct store *s, const struct stray *x)
{
	struct store_wait w = { .id = x->id,
		.index = x->index,
		.next_ms = loop_wall_ms(),
		.held = x->place == SPOOL_HOLD };

	if (entry_find(s, x->id) != NULL || files_correcting(s, x->id) ||
	    index_has(s->index, x->id, x->index))
		return;
	if (x->damaged) {
		files_set_aside(s, x->id, x->place);
		s->hooks->corrupt(s->hooks_ctx, id_text(x->id).c, "its head is damaged");
	} else if (x->ended)
		files_remove(s, x->id);
	else
		index_put(s->index, &w);
}

static void look_next(struct store *, unsigned folder);

static void
on_looked(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;
	struct span names = buf_all(&k->foreign);
	const struct stray *x = (const struct stray *)(const void *)k->strays.p;

	for (size_t i = 0; i < k->strays.n / sizeof(*x); i++)
		found(k->store, &x[i]);
	while (names.n > 0) {
		struct span name = span_cut(names, '\0', &names);

		k->store->hooks->corrupt(k->store->hooks_ctx, name.p, "no name of a message");
	}
	if (k->there)
		look_next(k->store, k->folder + 1);
	else {
		k->store->numbers.looking = false;
		checkpoint_index(k->store);
	}
	buf_free(&k->strays);
	buf_free(&k->foreign);
	free(k);
}

static void
look_next(struct store *s, unsigned folder)
{
	struct stray_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for the scan of the spool");
	*k = (struct stray_work){
		.work = { .run = look_run, .done = on_looked }, .store = s, .folder = folder
	};
	buf_init(&k->strays, SIZE_MAX / 4);
	buf_init(&k->foreign, 1 << 20);
	thread_push(s->names, &k->work);
}

void
strays_look(struct store *s)
{
	s->numbers.looking = true;
	look_next(s, 0);
}
