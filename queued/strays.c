/* Files are looked at after the start, some at a time, in a thread of its own: an open recipient without an index record is
 * due now, and so is one whose record has lost its time, since nobody would tell when it is due. So a lost index costs retry
 * times and nothing else, and a message of which the index knows one recipient loses none of the others. What is in corrupt/
 * is counted. */
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "store_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAMES_A_STEP = 256 };

enum stray_kind { STRAY_OPEN, STRAY_ENDED, STRAY_UNKNOWN, STRAY_CORRUPT };

struct stray {
	struct id id;
	enum spool_place place;
	enum stray_kind kind;
	uint32_t index; /* OPEN: the recipient */
};

struct stray_work {
	struct work work;
	struct store *store;
	struct spool_scan *scan;
	bool more;
	struct buf strays; /* of struct stray */
	unsigned foreign;
	char first_foreign[256];
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
	uint32_t n;
	bool any = false;

	if (at == NULL)
		fatal("out of memory for a message's recipients");
	n = message_file_marks(span_of(h->p, h->n), at, h->rcpts_n);
	for (uint32_t i = 0; i < n && i < h->rcpts_n; i++)
		if (h->p[at[i]] == MARK_OPEN) {
			add(k, (struct stray){ id, place, STRAY_OPEN, i });
			any = true;
		}
	if (!any)
		add(k, (struct stray){ id, place, STRAY_ENDED, 0 });
	free(at);
}

static void
look_at(void *ctx, struct id id, enum spool_place place)
{
	struct stray_work *k = ctx;
	struct head h;
	struct err err;
	int fd;

	if (place == SPOOL_CORRUPT) {
		add(k, (struct stray){ id, place, STRAY_CORRUPT, 0 });
		return;
	}
	fd = spool_read(k->store->spool, id, NULL);
	if (fd == -1 || head_read(fd, 0, &h, &err) == -1)
		add(k, (struct stray){ id, place, STRAY_UNKNOWN, 0 });
	else {
		open_recipients(k, id, place, &h);
		free(h.p);
	}
	if (fd != -1)
		close(fd);
}

static void
foreign(void *ctx, const char *name)
{
	struct stray_work *k = ctx;

	if (k->foreign++ == 0)
		snprintf(k->first_foreign, sizeof(k->first_foreign), "%s", name);
}

static void
look_run(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;

	k->more = spool_scan_step(k->scan, NAMES_A_STEP, look_at, foreign, k);
}

/* ---- back in the loop ---- */

static void
found(struct store *s, const struct stray *x)
{
	struct store_wait w = { .id = x->id,
		.index = x->index,
		.next_ms = loop_wall_ms(),
		.held = x->place == SPOOL_HOLD };

	if (x->kind == STRAY_CORRUPT)
		unqueued_put(s, x->id, UNQUEUED_CORRUPT, "set aside earlier");
	else if (entry_find(s, x->id) != NULL || files_correcting(s, x->id))
		return;
	else if (x->kind == STRAY_UNKNOWN)
		restore_try(s, x->id);
	else if (x->kind == STRAY_ENDED)
		files_remove(s, x->id);
	else if (!index_lines_up(s->index, x->id, x->index))
		index_put(s->index, &w);
}

static void
on_scanned(struct store *s, const struct stray_work *k)
{
	char why[80];

	s->numbers.looking = false;
	checkpoint_index(s);
	if (k->foreign == 0)
		return;
	snprintf(
	    why, sizeof(why), "%u files have no name of a message; this is the first", k->foreign);
	s->hooks->corrupt(s->hooks_ctx, k->first_foreign, why);
}

static void
on_looked(struct work *w)
{
	struct stray_work *k = (struct stray_work *)w;
	const struct stray *x = (const struct stray *)(const void *)k->strays.p;

	for (size_t i = 0; i < k->strays.n / sizeof(*x); i++)
		found(k->store, &x[i]);
	buf_reset(&k->strays);
	if (k->more) {
		thread_push(k->store->looks, &k->work);
		return;
	}
	on_scanned(k->store, k);
	buf_free(&k->strays);
	free(k);
}

void
strays_look(struct store *s)
{
	struct stray_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for the scan of the spool");
	*k = (struct stray_work){ .work = { .run = look_run, .done = on_looked },
		.store = s,
		.scan = spool_scan_new(s->spool) };
	buf_init(&k->strays, SIZE_MAX / 4);
	s->numbers.looking = true;
	thread_push(s->looks, &k->work);
}
