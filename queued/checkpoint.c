/* Segments become free again (DESIGN 4). The order of events is what makes it safe:
 *
 *	1. messages that live in a full segment alone get files, at most FILES_MOST a round;
 *	2. a barrier goes through the namespace thread, so that those files stand, and the loop has written the events of
 *	   ends that came before;
 *	3. the sync thread writes the index, syncs the event file, then the spool with one syncfs;
 *	4. files, marks, moves and unlinks that were done before that sync count; full segments in which nothing lives, and
 *	   all of whose ends and moves are true in files, are free, in the order of their generations: a done record never
 *	   goes before the acceptance it ends, and the oldest is used again first. None is free
 *	   while a final event that was told before 3 is not in the event file.
 *
 * When a step of 3 fails, nothing is free, and what it should have covered is written and told again later. */
#include "err.h"
#include "log.h"
#include "store_inside.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MOST = 1000, PAUSE_TICKS = 10 };

enum failure { NONE, INDEX, EVENTS, SPOOL };

struct sync_work {
	struct work work;
	struct store *store;
	uint64_t covers; /* epoch */
	uint64_t round;  /* of the index */
	bool whole;      /* event file and spool too */
	unsigned asked;  /* files of this round */
	int events_old;  /* the event file that was moved away, synced too; -1 */
	bool told;       /* when it began all final events were in the event file */
	enum failure failed;
	struct err err;
};

/* ---- segments ---- */

static struct segment *
by_generation(struct store *s, uint64_t generation)
{
	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].generation == generation)
			return &s->segments[i];
	return NULL;
}

bool
segment_next(struct store *s)
{
	struct segment *next = NULL, *last = by_generation(s, s->generation);

	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];

		if (seg->state == SEGMENT_FREE &&
		    (next == NULL || seg->generation < next->generation))
			next = seg;
	}
	if (next == NULL)
		return false;
	s->previous_end = last != NULL && last != next ? last->records : UINT64_MAX;
	next->state = SEGMENT_ACTIVE;
	next->generation = ++s->generation;
	next->salt = arc4random() | 1;
	next->used = 0;
	next->records = 0;
	next->leaving = false;
	s->active = (unsigned)(next - s->segments);
	return true;
}

static bool
is_done_with(const struct segment *seg)
{
	return (seg->state == SEGMENT_FULL || seg->state == SEGMENT_FAILED) && !seg->retired;
}

static struct segment *
oldest_full(struct store *s)
{
	struct segment *oldest = NULL;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (is_done_with(&s->segments[i]) &&
		    (oldest == NULL || s->segments[i].generation < oldest->generation))
			oldest = &s->segments[i];
	return oldest;
}

/* How many are free by now. */
static unsigned
segments_free(struct store *s)
{
	struct segment *seg;
	unsigned n = 0;

	for (; (seg = oldest_full(s)) != NULL && seg->leaving && TAILQ_EMPTY(&seg->living) &&
	       seg->waits == 0;
	     n++) {
		if (seg->keep > 0) /* once it was copied */
			seg->state = SEGMENT_FAILED;
		if (seg->state == SEGMENT_FAILED)
			seg->retired = true;
		else
			seg->state = SEGMENT_FREE;
		seg->leaving = false;
	}
	if (n > 0)
		segments_probe(s);
	return n;
}

/* ---- after a sync ---- */

static void
files_count(struct store *s, uint64_t covered)
{
	for (unsigned i = 0; i < s->segments_n; i++) {
		struct entry *e, *next;

		TAILQ_FOREACH_SAFE (e, &s->segments[i].living, living, next) {
			if (e->state != ENTRY_FILED || e->epoch > covered)
				continue;
			e->state = ENTRY_FILE;
			entry_leaves(s, e);
			entry_let_go(s, e);
		}
	}
}

static void
files_count_for_nothing(struct store *s)
{
	struct table_node *n = NULL;

	while ((n = table_each(&s->entries, n)) != NULL) {
		struct entry *e = TABLE_OF(n, struct entry, by_id);

		if (e->state == ENTRY_FILED) {
			e->state = ENTRY_JOURNAL; /* its name may exist all the same: e->named */
			s->numbers.files--;
		}
	}
}

static void
sync_failed(struct store *s, struct sync_work *k)
{
	log_error("checkpoint-failed", "why=\"%s\"", k->err.text);
	s->not_before = s->ticks + (s->sync_failures > 3 ? PAUSE_TICKS : 1U << s->sync_failures);
	s->sync_failures++;
	s->events_unsure |= k->failed == EVENTS;
	if (!k->whole)
		return;
	files_count_for_nothing(s);
	files_covered(s, false);
}

/* When it freed nothing, and there is nothing that the next could do better at once, that has time. */
static void
sync_stands(struct store *s, const struct sync_work *k)
{
	unsigned freed = 0;

	if (k->events_old != -1) {
		close(k->events_old);
		s->events_old = -1;
	}
	s->sync_failures = 0;
	files_count(s, k->covers);
	files_covered(s, true);
	s->events_late = !k->told;
	if (s->events_unsure)
		again_tell(s);
	else if (k->told && !s->telling_again)
		freed = segments_free(s);
	if (freed == 0 && !s->telling_again && k->asked == 0 && STAILQ_EMPTY(&s->corrected))
		s->not_before = s->ticks + 1;
}

/* It can be rebuilt, but not while it is open: a start sets it aside, and finds in the files what it knew. All that was
 * answered is in the journal. */
static void
index_give_up(const struct store *s, const char *why)
{
	struct err err;

	if (spool_suspect_index(s->spool, &err) == -1) {
		log_error("index-damaged", "why=\"%s\" stays=\"%s\"", why, err.text);
		return;
	}
	fatal("the index is damaged (%s): it is set aside and made anew by the start that follows",
	    why);
}

static void
on_synced(struct work *w)
{
	struct sync_work *k = (struct sync_work *)w;
	struct store *s = k->store;

	s->index_writing = false;
	s->index_failed = k->failed == INDEX;
	if (k->failed == INDEX && index_is_broken(s->index))
		index_give_up(s, k->err.text);
	index_written(s->index, k->failed != INDEX);
	if (k->failed != INDEX)
		s->index_stands = k->round;
	if (k->failed != NONE)
		sync_failed(s, k);
	else if (k->whole)
		sync_stands(s, k);
	if (k->whole)
		s->checkpointing = false;
	checkpoint_begin(s);
	operate_look(s);
	store_stop_step(s);
	free(k);
}

/* ---- the sync ---- */

/* First the file under its number: if that becomes another one meanwhile, the old one is known before. */
static int
events_sync(struct store *s, struct sync_work *k)
{
	if (s->options.events != -1 && fdatasync(s->options.events) == -1 && errno != EINVAL)
		return -1;
	k->events_old = s->events_old;
	return k->events_old != -1 && fdatasync(k->events_old) == -1 && errno != EINVAL ? -1 : 0;
}

static void
sync_run(struct work *w)
{
	struct sync_work *k = (struct sync_work *)w;
	struct store *s = k->store;

	if (index_write(s->index, &k->err) == -1) {
		k->failed = INDEX;
		return;
	}
	if (!k->whole)
		return;
	if (events_sync(s, k) == -1) {
		err_sys(&k->err, "sync the event file");
		k->failed = EVENTS;
	} else if (syncfs(s->spool_synced) == -1) {
		err_sys(&k->err, "sync the spool");
		k->failed = SPOOL;
	}
}

static void
sync_push(struct store *s, bool whole)
{
	struct sync_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for a checkpoint");
	*k = (struct sync_work){ .work = { .run = sync_run, .done = on_synced },
		.store = s,
		.covers = s->epoch++,
		.round = ++s->index_rounds,
		.asked = whole ? s->files_asked : 0,
		.events_old = -1,
		.told = !whole || again_is_written(s),
		.whole = whole };
	if (whole)
		files_cover(s);
	index_take(s->index);
	s->index_writing = true;
	thread_push(s->sync, &k->work);
}

void
checkpoint_index(struct store *s)
{
	if (!s->index_writing && !s->checkpointing && index_has_changes(s->index) &&
	    s->ticks >= s->not_before)
		sync_push(s, false);
}

/* ---- the round ---- */

static void
on_barrier(struct store *s)
{
	sync_push(s, true);
}

static unsigned
files_ask(struct store *s, struct segment *seg, unsigned most)
{
	struct entry *e;
	unsigned n = 0;

	TAILQ_FOREACH (e, &seg->living, living) {
		if (n == most)
			break;
		if (e->state == ENTRY_JOURNAL) {
			files_write(s, e);
			n++;
		}
	}
	return n;
}

void
checkpoint_begin(struct store *s)
{
	bool any = false;

	if (s->checkpointing || s->index_writing || s->ticks < s->not_before)
		return;
	for (unsigned i = 0; i < s->segments_n; i++)
		s->segments[i].leaving = false;
	s->files_asked = 0;
	for (unsigned i = 0; i < s->segments_n; i++) {
		struct segment *seg = &s->segments[i];

		if (!is_done_with(seg))
			continue;
		any = seg->leaving = true;
		s->files_asked += files_ask(s, seg, FILES_MOST - s->files_asked);
	}
	if (!any)
		return;
	s->checkpointing = true;
	files_barrier(s, on_barrier);
}
