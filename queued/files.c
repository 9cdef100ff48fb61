/* What the namespace thread does, in the order it was asked: whole files, marks, moves, removals.
 *
 * Works carry copies of what they need, so an entry may be freed while one is under way; what comes back looks it up by
 * its id. A file is written from the journal, checksums verified on the way, under a name in tmp/, then renamed. */
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "message_file.h"
#include "store_inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, PAUSE_TICKS = 3 };

enum kind { WRITE, MARK, MOVE, REMOVE, SET_ASIDE, NEW_DRAFT, DROP_DRAFT, BARRIER };

struct mark {
	uint32_t at;
	char mark;
};

struct name_work {
	struct work work;
	STAILQ_ENTRY(name_work) later; /* in undone, corrected or covering */
	struct table_node by_id;       /* MARK, MOVE, REMOVE, SET_ASIDE: until it is done */
	unsigned segment;              /* waits for it; SEGMENT_NONE: none does */
	struct store *store;
	struct id id;
	enum kind kind;
	enum spool_place place;
	uint32_t draft;
	int fd; /* WRITE: of the segment; NEW_DRAFT: of the draft */
	uint64_t at, bytes_n;
	uint32_t head_n;
	void (*passed)(struct store *);
	struct err err;
	int failed;
	bool was_undone;
	bool superseded; /* MOVE: another was asked for since */
	bool again;      /* WRITE: an older file may stand in another place */
	uint32_t marks_n;
	struct mark marks[];
};

/* ---- in the thread ---- */

static int
read_all(int fd, char *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t r = pread(fd, p, n, (off_t)at);

		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
		at += (uint64_t)r;
	}
	return 0;
}

/* What goes into corrupt/ goes as it is. */
static bool
as_it_is(const struct name_work *k)
{
	return k->place == SPOOL_CORRUPT;
}

/* The head and what of the message fits behind it. */
static int
first_block(
    const struct name_work *k, int to, char *block, size_t n, uint32_t *crc, struct err *err)
{
	struct span head = span_of(block, k->head_n);

	if (read_all(k->fd, block, n, k->at) == -1)
		return err_sys(err, "read the journal");
	if (!message_file_head_is_good(head) && !as_it_is(k))
		return err_set(err, "the journal's head does not match its checksum");
	*crc = crc32c(0, span_from(span_of(block, n), k->head_n));
	for (uint32_t i = 0; i < k->marks_n; i++)
		block[k->marks[i].at] = k->marks[i].mark;
	return spool_append(to, span_of(block, n), err);
}

static int
copy_into(const struct name_work *k, int to, char *block, size_t first, struct err *err)
{
	uint64_t total = k->head_n + k->bytes_n, done = first;
	struct message_file f = { 0 };
	uint32_t crc = 0;

	if (first_block(k, to, block, first, &crc, err) == -1)
		return -1;
	if (message_file_first(span_of(block, first), &f) == -1 && !as_it_is(k))
		return err_set(err, "the journal's head is damaged");
	while (done < total) {
		size_t n = total - done < BLOCK_BYTES ? (size_t)(total - done) : BLOCK_BYTES;

		if (read_all(k->fd, block, n, k->at + done) == -1)
			return err_sys(err, "read the journal");
		crc = crc32c(crc, span_of(block, n));
		if (spool_append(to, span_of(block, n), err) == -1)
			return -1;
		done += n;
	}
	return crc == f.crc32c || as_it_is(k)
		   ? 0
		   : err_set(err, "the journal does not match its checksum");
}

static int
write_file(const struct name_work *k, struct err *err)
{
	size_t total = k->head_n + k->bytes_n,
	       least = k->head_n < BLOCK_BYTES ? BLOCK_BYTES : k->head_n;
	size_t first = total < least ? total : least;
	char *block = malloc(least);
	int to, r;

	if (block == NULL)
		fatal("out of memory for a file");
	to = spool_new(k->store->spool, k->id, err);
	r = to == -1 ? -1 : copy_into(k, to, block, first, err);
	if (r == 0)
		r = spool_publish(k->store->spool, k->id, k->place, err);
	if (r == 0 && k->again)
		r = spool_remove_others(k->store->spool, k->id, k->place, err);
	if (r == -1 && to != -1)
		spool_discard(k->store->spool, k->id);
	if (to != -1)
		close(to);
	free(block);
	return r;
}

static int
write_marks(const struct name_work *k, struct err *err)
{
	int fd = spool_open_to_mark(k->store->spool, k->id, err), r = 0;

	if (fd == -1)
		return -1;
	for (uint32_t i = 0; i < k->marks_n && r == 0; i++)
		r = spool_mark(fd, k->marks[i].at, k->marks[i].mark, err);
	close(fd);
	return r;
}

static void
name_run(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	int spool = k->store->spool;

	switch (k->kind) {
	case WRITE:
		k->failed = write_file(k, &k->err);
		break;
	case MARK:
		k->failed = write_marks(k, &k->err);
		break;
	case MOVE:
		k->failed = spool_move(spool, k->id, k->place, &k->err);
		break;
	case REMOVE:
		k->failed = spool_remove(spool, k->id, &k->err);
		break;
	case SET_ASIDE:
		k->failed = spool_set_aside(spool, k->id, k->place, &k->err);
		break;
	case NEW_DRAFT:
		k->fd = spool_draft(spool, k->draft, &k->err);
		k->failed = k->fd == -1;
		break;
	case DROP_DRAFT:
		spool_draft_remove(spool, k->draft);
		break;
	case BARRIER:
		break;
	}
}

/* ---- asking ---- */

/* It changes a file that stands. */
static bool
corrects(const struct name_work *k)
{
	return k->kind == MARK || k->kind == MOVE || k->kind == REMOVE || k->kind == SET_ASIDE;
}

static struct name_work *
correction(const struct store *s, struct id id, struct name_work *after)
{
	struct table_node *n =
	    after == NULL ? table_first(&s->corrections, id_hash(id)) : table_next(&after->by_id);

	while (n != NULL && !id_eq(TABLE_OF(n, struct name_work, by_id)->id, id))
		n = table_next(n);
	return TABLE_OF(n, struct name_work, by_id);
}

/* A move alone leaves what the file says as it is. */
bool
files_correcting(const struct store *s, struct id id)
{
	for (struct name_work *k = NULL; (k = correction(s, id, k)) != NULL;)
		if (k->kind != MOVE)
			return true;
	return false;
}

static void
push(struct name_work *k)
{
	if (corrects(k) && !k->was_undone)
		table_put(&k->store->corrections, &k->by_id, id_hash(k->id));
	k->store->works++;
	thread_push(k->store->names, &k->work);
}

/* What could not be done is tried again with each tick, and until it is done its segment is not free: there it is written
 * that it shall be. A file that is nowhere needs nothing more, nor one that was moved elsewhere since. */
static bool
must_be_done(const struct name_work *k)
{
	static const enum spool_place last[] = {
		[MARK] = SPOOL_TRASH, [MOVE] = SPOOL_CORRUPT, [REMOVE] = SPOOL_HOLD
	};

	return k->failed && !k->superseded &&
	       (k->kind == MARK || k->kind == MOVE || k->kind == REMOVE) &&
	       spool_has_any(k->store->spool, k->id, last[k->kind]);
}

static void
settled(struct name_work *k)
{
	struct store *s = k->store;

	s->works--;
	if (k->failed && k->kind != WRITE && !k->was_undone)
		log_error("spool-failed", "id=%s why=\"%s\"", id_text(k->id).c, k->err.text);
	if (must_be_done(k)) {
		s->undone_n += !k->was_undone;
		k->was_undone = true;
		STAILQ_INSERT_TAIL(&s->undone, k, later);
		return;
	}
	s->undone_n -= k->was_undone;
	k->was_undone = false;
	if (corrects(k))
		table_remove(&s->corrections, &k->by_id);
	if (k->segment == SEGMENT_NONE)
		free(k);
	else
		STAILQ_INSERT_TAIL(&s->corrected, k, later);
}

void
files_try_again(struct store *s)
{
	struct name_works undone = STAILQ_HEAD_INITIALIZER(undone);
	struct name_work *k;

	STAILQ_CONCAT(&undone, &s->undone);
	while ((k = STAILQ_FIRST(&undone)) != NULL) {
		STAILQ_REMOVE_HEAD(&undone, later);
		k->failed = 0;
		if (!k->superseded) {
			push(k);
			continue;
		}
		s->works++;
		k->work.done(&k->work);
	}
}

/* ---- until a sync has covered it ---- */

void
files_cover(struct store *s)
{
	must(STAILQ_EMPTY(&s->covering));
	STAILQ_CONCAT(&s->covering, &s->corrected);
}

/* A mark's byte may be lost though the file system forgets that it was dirty: it is written again. Names are not lost that
 * way: the next sync covers them, or the file system is at its end. */
static void
correct_again(struct name_work *k)
{
	if (k->kind == MARK)
		push(k);
	else
		STAILQ_INSERT_TAIL(&k->store->corrected, k, later);
}

void
files_covered(struct store *s, bool stands)
{
	struct name_work *k;

	while ((k = STAILQ_FIRST(&s->covering)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->covering, later);
		if (!stands) {
			correct_again(k);
			continue;
		}
		s->segments[k->segment].waits--;
		free(k);
	}
}

static void
on_named(struct work *w)
{
	settled((struct name_work *)w);
}

static struct name_work *
name_new(struct store *s, enum kind kind, struct id id, uint32_t marks)
{
	struct name_work *k = calloc(1, sizeof(*k) + marks * sizeof(k->marks[0]));

	if (k == NULL)
		fatal("out of memory for a file's name");
	k->work = (struct work){ .run = name_run, .done = on_named };
	k->store = s;
	k->kind = kind;
	k->id = id;
	k->segment = corrects(k) ? s->telling : SEGMENT_NONE;
	if (k->segment != SEGMENT_NONE)
		s->segments[k->segment].waits++;
	return k;
}

/* A work with all marks of the entry that are not open. */
static struct name_work *
name_with_marks(struct store *s, enum kind kind, const struct entry *e)
{
	struct name_work *k = name_new(s, kind, e->id, e->rcpts_n - e->open);

	for (uint32_t i = 0; i < e->rcpts_n; i++)
		if (e->marks[i] != MARK_OPEN)
			k->marks[k->marks_n++] = (struct mark){ e->mark_at[i], e->marks[i] };
	return k;
}

void
files_mark(struct store *s, struct entry *e, uint32_t index)
{
	struct name_work *k = name_new(s, MARK, e->id, 1);

	k->marks_n = 1;
	k->marks[0] = (struct mark){ e->mark_at[index], e->marks[index] };
	push(k);
}

void
files_marks(struct store *s, const struct entry *e)
{
	push(name_with_marks(s, MARK, e));
}

void
files_marked(struct store *s, const struct entry *e)
{
	struct name_work *k = name_with_marks(s, MARK, e);

	STAILQ_INSERT_TAIL(&s->corrected, k, later);
}

void
files_remove(struct store *s, struct id id)
{
	push(name_new(s, REMOVE, id, 0));
}

void
files_set_aside(struct store *s, struct id id, enum spool_place place)
{
	struct name_work *k = name_new(s, SET_ASIDE, id, 0);

	k->place = place;
	push(k);
}

void
files_drop_draft(struct store *s, uint32_t draft)
{
	struct name_work *k = name_new(s, DROP_DRAFT, (struct id){ { 0 } }, 0);

	k->draft = draft;
	push(k);
}

static void
on_draft(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	struct store *s = k->store;

	if (!k->failed)
		s->ready[s->ready_n++] = (struct draft){ k->draft, k->fd };
	s->making_drafts = false;
	if (!k->failed)
		files_ready_drafts(s);
	settled(k);
}

void
files_ready_drafts(struct store *s)
{
	struct name_work *k;

	if (s->making_drafts || s->ready_n == DRAFTS_READY)
		return;
	k = name_new(s, NEW_DRAFT, (struct id){ { 0 } }, 0);
	k->draft = ++s->drafts;
	k->work.done = on_draft;
	s->making_drafts = true;
	push(k);
}

static void
on_barrier(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	void (*passed)(struct store *) = k->passed;
	struct store *s = k->store;

	settled(k);
	passed(s);
}

void
files_barrier(struct store *s, void (*passed)(struct store *))
{
	struct name_work *k = name_new(s, BARRIER, (struct id){ { 0 } }, 0);

	k->passed = passed;
	k->work.done = on_barrier;
	push(k);
}

/* ---- moves ---- */

/* What went to trash/ or corrupt/ is hidden already; it is forgotten once nothing depends on the entry. */
static void
on_moved(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	struct entry *e = entry_find(k->store, k->id);

	if (e != NULL && !must_be_done(k)) {
		e->moves--;
		if (!k->failed && !k->superseded)
			e->from_trash = false;
		entry_let_go(k->store, e);
	}
	settled(k);
}

/* One that failed and is tried again must not undo this one. */
static void
supersede_moves(struct store *s, struct id id)
{
	for (struct name_work *k = NULL; (k = correction(s, id, k)) != NULL;)
		k->superseded = k->kind == MOVE;
}

void
files_move(struct store *s, struct entry *e, enum spool_place place)
{
	e->moves++;
	files_move_id(s, e->id, place);
}

void
files_move_id(struct store *s, struct id id, enum spool_place place)
{
	struct name_work *k = name_new(s, MOVE, id, 0);

	supersede_moves(s, id);
	k->place = place;
	k->work.done = on_moved;
	push(k);
}

/* ---- a message gets its file ---- */

static void
filed(struct store *s, struct entry *e)
{
	e->state = ENTRY_FILED;
	e->epoch = s->epoch;
	s->numbers.files++;
}

static void
on_written(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	struct entry *e = entry_find(k->store, k->id);

	if (e == NULL || e->state != ENTRY_FILING)
		; /* it ended meanwhile: the removal stands behind us in the queue */
	else if (k->failed) {
		log_error("file-failed", "id=%s why=\"%s\"", id_text(k->id).c, k->err.text);
		e->state = ENTRY_JOURNAL; /* it stays in its segment, and that stays */
		k->store->not_before = k->store->ticks + PAUSE_TICKS;
	} else
		filed(k->store, e);
	settled(k);
}

void
files_write(struct store *s, struct entry *e)
{
	struct name_work *k;

	if (e->state != ENTRY_JOURNAL)
		return;
	k = name_with_marks(s, WRITE, e);
	k->fd = s->segments[e->segment].fd;
	k->at = e->head_at;
	k->head_n = e->head_n;
	k->bytes_n = e->bytes_n;
	k->place = e->place;
	k->again = e->named;
	k->work.done = on_written;
	e->state = ENTRY_FILING;
	e->named = true;
	push(k);
}
