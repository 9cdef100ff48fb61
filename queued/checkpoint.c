/* Segments become free again: what lives in them gets files, the spool is synced, and only then are they used anew.
 *
 * The order is what makes it safe (DESIGN 4):
 *	1. every message that lives in a full segment alone is given to the names thread to be written;
 *	2. a mark goes through that thread: all files, marks and unlinks asked for before it are done;
 *	3. the sync thread writes the index, syncs the event file and the spool;
 *	4. a floor is journaled: generations below it are not needed, so that a start does not read half of what was
 *	   left (acceptances whose ends were in a segment already used again);
 *	5. then those segments are free: their ends are in files, index and events. */
#include "err.h"
#include "log.h"
#include "store_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sync_work {
	struct work work;
	struct store *store;
	struct index_changes *changes;
	struct err err;
	bool whole; /* event file and spool too */
	int failed;
};

int
segment_next(struct store *s)
{
	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];

		if (seg->state != SEGMENT_FREE)
			continue;
		seg->state = SEGMENT_ACTIVE;
		seg->generation = ++s->generation;
		seg->used = 0;
		s->active = i;
		return 0;
	}
	return -1;
}

static void
sync_run(struct work *w)
{
	struct sync_work *k = (struct sync_work *)w;

	if (k->changes != NULL && index_write(k->store->index, k->changes, &k->err) == -1)
		k->failed = 1;
	if (!k->whole || k->failed)
		return;
	if (k->store->options.events != -1 && fdatasync(k->store->options.events) == -1 &&
	    errno != EINVAL)
		k->failed = err_sys(&k->err, "sync the event file");
	else if (syncfs(k->store->spool) == -1)
		k->failed = err_sys(&k->err, "sync the spool");
}

/* The lowest generation that a start must still read. */
static uint64_t
floor_of(const struct store *s)
{
	uint64_t lowest = s->generation + 1;

	for (unsigned i = 0; i < s->segments_n; i++) {
		const struct segment *seg = &s->segments[i];

		if ((seg->state == SEGMENT_ACTIVE || seg->state == SEGMENT_FULL ||
			seg->state == SEGMENT_LEAVING) &&
		    seg->generation < lowest)
			lowest = seg->generation;
	}
	return lowest;
}

/* Without a segment to write to, the floor stands at the head of the next one: it is journaled with the first group. */
static void
floor_say(struct store *s)
{
	if (s->stuck)
		checkpoint_floored(s, true);
	if (s->stuck && segment_next(s) == 0)
		s->stuck = false;
	group_floor(s, floor_of(s));
}

void
checkpoint_floored(struct store *s, bool ok)
{
	if (!ok) {
		group_floor(s, floor_of(s));
		return;
	}
	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].state == SEGMENT_LEFT)
			s->segments[i].state = SEGMENT_FREE;
}

static void
segments_leave(struct store *s, bool ok)
{
	bool any = false;

	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];

		if (seg->state != SEGMENT_LEAVING)
			continue;
		/* Whose file could not be written still lives there: the segment stays. */
		seg->state = ok && TAILQ_EMPTY(&seg->living) ? SEGMENT_LEFT : SEGMENT_FULL;
		any = any || seg->state == SEGMENT_LEFT;
	}
	if (any)
		floor_say(s);
}

static void
on_synced(struct work *w)
{
	struct sync_work *k = (struct sync_work *)w;
	struct store *s = k->store;

	if (k->failed)
		log_error("checkpoint-failed", "why=\"%s\"", k->err.text);
	s->index_writing = false;
	if (k->whole) {
		segments_leave(s, !k->failed);
		s->checkpointing = false;
		s->sync_failed = k->failed;
	}
	free(k);
	stop_step(s);
}

static void
sync_push(struct store *s, bool whole)
{
	struct sync_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for a checkpoint");
	*k = (struct sync_work){ .work = { .run = sync_run, .done = on_synced },
		.store = s,
		.changes = index_take(s->index),
		.whole = whole };
	s->index_writing = true;
	thread_push(s->sync, &k->work);
}

void
checkpoint_index(struct store *s)
{
	if (!s->index_writing)
		sync_push(s, false);
}

struct mark_work {
	struct work work;
	struct store *store;
};

static void
mark_run(struct work *w)
{
	(void)w;
}

static void
on_mark(struct work *w)
{
	struct mark_work *m = (struct mark_work *)w;

	sync_push(m->store, true);
	free(m);
}

void
checkpoint_begin(struct store *s)
{
	struct mark_work *m;
	bool any = false;

	if (s->checkpointing)
		return;
	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];
		struct entry *e, *next;

		if (seg->state != SEGMENT_FULL)
			continue;
		any = true;
		seg->state = SEGMENT_LEAVING;
		TAILQ_FOREACH_SAFE (e, &seg->living, living, next)
			entry_file(s, e);
	}
	if (!any)
		return;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		fatal("out of memory for a checkpoint");
	*m = (struct mark_work){ .work = { .run = mark_run, .done = on_mark }, .store = s };
	s->checkpointing = true;
	s->unsaved = false;
	thread_push(s->names, &m->work);
}
