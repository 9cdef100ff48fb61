/* The start: what the journal holds is made true again (DESIGN 4).
 *
 *	1. segments are read in the order of their generations (segments.c);
 *	2. an acceptance makes a message live, an end marks its recipient and its event is told again, a move is noted;
 *	3. each living message's file, wherever there is one, is compared by length and checksums: a file is believed only
 *	   whole (a renamed one can come back empty), else it is written again by the checkpoint that follows;
 *	4. ends and moves of messages that live in files alone are done there again.
 *
 * What cannot be done in 3 and 4 is tried again while the queue runs, and its segment waits for it (files.c). */
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "message_file.h"
#include "progress.h"
#include "retold.h"
#include "store_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A record whose message the journal does not hold. */
struct orphan {
	struct id id;
	size_t order;
	unsigned segment;
	enum journal_type type;
	uint32_t index;
	char mark;
};

struct replaying {
	struct store *store;
	struct orphan *orphans;
	size_t orphans_n, orphans_cap;
	uint64_t accepted, ended;
	struct retold *told;
	struct perished *perished;
};

/* ---- records ---- */

static void
orphan_add(struct replaying *r, const struct journal_record *rec, unsigned segment)
{
	if (r->orphans_n == r->orphans_cap) {
		r->orphans_cap = r->orphans_cap == 0 ? 256 : r->orphans_cap * 2;
		r->orphans = reallocarray(r->orphans, r->orphans_cap, sizeof(*r->orphans));
		if (r->orphans == NULL)
			fatal("out of memory for the replay");
	}
	r->orphans[r->orphans_n] =
	    (struct orphan){ rec->id, r->orphans_n, segment, rec->type, rec->index, rec->mark };
	r->orphans_n++;
}

static void
accept_again(struct replaying *r, const struct journal_record *rec, unsigned segment)
{
	struct message_file f;
	struct entry *e;

	if (entry_find(r->store, rec->id) != NULL || message_file_first(rec->head, &f) == -1 ||
	    f.head_bytes != rec->head.n || f.size_bytes != rec->bytes.n ||
	    f.crc32c != rec->bytes_crc)
		return;
	e = entry_new(r->store, rec->id, f.rcpts_n);
	if (entry_marks(e, rec->head) == -1) {
		entry_free(r->store, e);
		return;
	}
	e->head_at = rec->at + JOURNAL_HEADER;
	e->head_n = (uint32_t)rec->head.n;
	e->bytes_n = rec->bytes.n;
	e->state = ENTRY_JOURNAL;
	entry_lives_in(r->store, e, segment);
	r->accepted++;
}

/* An end, or (MARK_OPEN) one that was taken back by undrop. False: it changes nothing. */
static bool
mark_take(struct entry *e, uint32_t index, char mark)
{
	if (index >= e->rcpts_n || (e->marks[index] == MARK_OPEN) == (mark == MARK_OPEN))
		return false;
	e->open = mark == MARK_OPEN ? e->open + 1 : e->open - 1;
	e->marks[index] = mark;
	return true;
}

static void
end_again(struct replaying *r, const struct journal_record *rec, unsigned segment)
{
	struct entry *e = entry_find(r->store, rec->id);

	r->ended++;
	if (rec->head.n > 0)
		retold_add(r->told, rec->head);
	if (e != NULL) {
		(void)mark_take(e, rec->index, rec->mark);
		return;
	}
	orphan_add(r, rec, segment);
	if (rec->mark != MARK_OPEN)
		perished_end(r->perished, rec->id, rec->index);
}

static void
move_again(struct replaying *r, const struct journal_record *rec, unsigned segment)
{
	struct entry *e = entry_find(r->store, rec->id);
	enum spool_place place;

	if (spool_place_of(rec->mark, &place) == -1)
		return;
	if (e == NULL) {
		orphan_add(r, rec, segment);
		return;
	}
	e->place = (uint8_t)place;
	e->gone_aside = place == SPOOL_TRASH || place == SPOOL_CORRUPT;
	e->moves = 1; /* until its file is compared: the place is by order, not by default */
}

static void
record_again(void *ctx, const struct journal_record *rec, unsigned segment)
{
	struct replaying *r = ctx;

	progress("reading the journal");
	if (rec->type == JOURNAL_MESSAGE)
		accept_again(r, rec, segment);
	else if (rec->type == JOURNAL_END)
		end_again(r, rec, segment);
	else if (rec->type == JOURNAL_MOVE)
		move_again(r, rec, segment);
}

static void
record_lost(void *ctx, const struct journal_record *rec, unsigned segment)
{
	struct replaying *r = ctx;

	(void)segment;
	if (rec->type == JOURNAL_MESSAGE)
		perished_add(r->perished, rec);
	else if (rec->type == JOURNAL_END)
		perished_end(r->perished, rec->id, rec->index);
}

/* ---- files of messages that the journal holds ---- */

static bool
bytes_are_whole(int fd, const struct head *h)
{
	uint64_t at = h->n, end = h->n + h->bytes_n;
	char block[64 * 1024];
	uint32_t crc = 0;

	while (at < end) {
		size_t want = end - at < sizeof(block) ? (size_t)(end - at) : sizeof(block);
		ssize_t n = pread(fd, block, want, (off_t)at);

		if (n <= 0)
			return false;
		crc = crc32c(crc, span_of(block, (size_t)n));
		at += (uint64_t)n;
	}
	return crc == h->crc32c;
}

static bool
file_is_whole(int fd, const struct entry *e)
{
	struct head h;
	struct err err;
	bool whole;

	if (head_read(fd, 0, &h, &err) == -1)
		return false;
	whole = h.n == e->head_n && h.bytes_n == e->bytes_n && lseek(fd, 0, SEEK_END) != -1 &&
		(uint64_t)lseek(fd, 0, SEEK_CUR) == h.n + h.bytes_n && bytes_are_whole(fd, &h);
	free(h.p);
	return whole;
}

/* False: it could not be done. */
static bool
marks_put(struct store *s, const struct entry *e)
{
	struct err err;
	int fd, r = 0;

	fd = spool_open_to_mark(s->spool, e->id, &err);
	for (uint32_t i = 0; fd != -1 && r == 0 && i < e->rcpts_n; i++)
		r = spool_mark(fd, e->mark_at[i], e->marks[i], &err);
	if (fd == -1 || r == -1)
		log_error("replay-mark", "id=%s why=\"%s\"", id_text(e->id).c, err.text);
	if (fd != -1)
		close(fd);
	return fd != -1 && r == 0;
}

static void
file_marks(struct store *s, const struct entry *e)
{
	if (marks_put(s, e))
		files_marked(s, e);
	else
		files_marks(s, e);
}

/* False: it is tried again. */
static bool
file_move(struct store *s, struct id id, enum spool_place to)
{
	struct err err;

	if (spool_move(s->spool, id, to, &err) == 0)
		return true;
	if (spool_has_any(s->spool, id, SPOOL_CORRUPT))
		log_error("replay-move", "id=%s why=\"%s\"", id_text(id).c, err.text);
	return false;
}

static void
file_remove(struct store *s, struct id id)
{
	struct err err;

	if (spool_remove(s->spool, id, &err) == 0)
		return;
	log_error("replay-remove", "id=%s why=\"%s\"", id_text(id).c, err.text);
	files_remove(s, id);
}

static bool
place_has_whole(struct store *s, struct entry *e, enum spool_place place)
{
	int fd = spool_read_in(s->spool, e->id, place);
	bool whole;

	e->named |= fd != -1 || errno != ENOENT;
	if (fd == -1)
		return false;
	/* What is corrupt is not compared: it went there because it is not whole. */
	whole = place == SPOOL_CORRUPT || file_is_whole(fd, e);
	close(fd);
	return whole;
}

/* Where a whole file of it is; where the last move said it shall be counts before other places, these before none. */
static bool
place_find(struct store *s, struct entry *e, bool moved, enum spool_place *place)
{
	enum spool_place last = !moved                      ? SPOOL_HOLD
				: e->place == SPOOL_CORRUPT ? SPOOL_CORRUPT
							    : SPOOL_TRASH;
	bool found = false;

	for (enum spool_place p = SPOOL_CUR; p <= last; p++)
		if (place_has_whole(s, e, p) && (!found || (moved && p == e->place))) {
			*place = p;
			found = true;
		}
	return found;
}

/* Its file, where it is whole, is believed from the next sync on; it goes where the last move said. What else has its name
 * is not whole, or a second copy: the journal holds all of it. */
static void
file_compare(struct store *s, struct entry *e)
{
	bool moved = e->moves > 0;
	enum spool_place place;
	struct err err;

	e->moves = 0;
	e->indexed = true;
	if (!place_find(s, e, moved, &place))
		return;
	if (spool_remove_others(s->spool, e->id, place, &err) == -1) {
		log_error("replay-remove", "id=%s why=\"%s\"", id_text(e->id).c, err.text);
		return; /* it is written again, and the others go then */
	}
	if (place != SPOOL_CORRUPT && !marks_put(s, e))
		return;
	e->state = ENTRY_FILED;
	s->numbers.files++;
	if (!moved)
		e->place = (uint8_t)place;
	else if (place != e->place && !file_move(s, e->id, e->place))
		files_move(s, e, e->place);
}

/* What the journal holds cannot be read now. It gets its file all the same; from there it is read anew (unqueued.c). */
static void
not_told(struct store *s, struct entry *e, const char *why)
{
	e->untold = true;
	unqueued_put(s, e->id, UNQUEUED_UNREADABLE, why);
}

static void
entry_settle(struct store *s, struct entry *e)
{
	struct err err;

	s->telling = e->segment;
	if (e->open == 0 && !e->gone_aside) { /* what was put aside is kept, ended or not */
		file_remove(s, e->id);
		if (index_has_written(s->index, e->id))
			index_remove_all(s->index, e->id);
		entry_free(s, e);
		return;
	}
	file_compare(s, e);
	if (e->gone_aside)
		index_remove_all(s->index, e->id);
	else if (entry_tell(s, e, s->hooks->found, s->hooks_ctx, &err) < 0)
		not_told(s, e, err.text);
}

/* ---- files of messages that it does not hold ---- */

static int
by_id(const void *a, const void *b)
{
	const struct orphan *x = a, *y = b;
	int c = id_cmp(x->id, y->id);

	return c != 0 ? c : x->order < y->order ? -1 : 1;
}

static void
orphan_ends(struct store *s, struct entry *e, const struct orphan *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (o[i].type == JOURNAL_END && mark_take(e, o[i].index, o[i].mark) &&
		    o[i].mark != MARK_OPEN)
			index_remove(s->index, e->id, o[i].index);
}

static struct entry *
orphan_entry(struct store *s, struct id id, struct err *err)
{
	struct entry *e = NULL;

	for (enum spool_place p = SPOOL_CUR; e == NULL && p <= SPOOL_TRASH; p++)
		e = entry_in(s, id, p, err);
	return e;
}

/* It was moved: where to is known whether its file can be read or not. Marks come before the move: what an undrop brings back
 * has its recipients open by then. */
static void
orphan_moved(struct store *s, const struct orphan *o, size_t n, enum spool_place to)
{
	struct err err;
	struct entry *e = to == SPOOL_CORRUPT ? NULL : orphan_entry(s, o->id, &err);
	bool aside = to == SPOOL_TRASH || to == SPOOL_CORRUPT;

	if (e != NULL) {
		orphan_ends(s, e, o, n);
		file_marks(s, e);
	}
	if (!file_move(s, o->id, to) && spool_has_any(s->spool, o->id, SPOOL_CORRUPT))
		files_move_id(s, o->id, to);
	if (e != NULL && e->open == 0 && !aside)
		file_remove(s, o->id);
	if (aside)
		index_remove_all(s->index, o->id);
	if (e != NULL)
		entry_free(s, e);
}

/* All that became of one message: marks in its file; removed when its last recipients have ended. */
static void
orphan_settle(struct store *s, const struct orphan *o, size_t n)
{
	enum spool_place place = SPOOL_CUR;
	bool moved = false;
	struct entry *e;
	struct err err;

	s->telling = o->segment;
	for (size_t i = 0; i < n; i++)
		moved |= o[i].type == JOURNAL_MOVE && spool_place_of(o[i].mark, &place) == 0;
	if (moved) {
		orphan_moved(s, o, n, place);
		return;
	}
	e = entry_restore(s, o->id, &err);
	if (e == NULL)
		return;
	orphan_ends(s, e, o, n);
	if (e->open > 0)
		file_marks(s, e);
	else
		file_remove(s, e->id);
	entry_free(s, e);
}

static void
orphans_settle(struct replaying *r)
{
	if (r->orphans_n > 0)
		qsort(r->orphans, r->orphans_n, sizeof(*r->orphans), by_id);
	for (size_t i = 0, n; i < r->orphans_n; i += n) {
		for (n = 1; i + n < r->orphans_n && id_eq(r->orphans[i].id, r->orphans[i + n].id);)
			n++;
		progress("settling what the journal says of files");
		orphan_settle(r->store, &r->orphans[i], n);
	}
	free(r->orphans);
}

/* ---- all of it ---- */

void
replay(struct store *s)
{
	struct replaying *r = calloc(1, sizeof(*r));
	struct table_node *n, *next;

	if (r == NULL)
		fatal("out of memory for the replay");
	r->store = s;
	r->told = retold_new();
	r->perished = perished_new();
	segments_read(s, record_again, record_lost, r);
	again_at_start(s, r->told);
	orphans_settle(r);
	perished_tell(s, r->perished);
	for (n = table_each(&s->entries, NULL); n != NULL; n = next) {
		next = table_each(&s->entries, n);
		entry_settle(s, TABLE_OF(n, struct entry, by_id));
	}
	s->telling = SEGMENT_NONE;
	log_info("replayed", "accepted=%llu ended=%llu living=%llu generation=%llu",
	    (unsigned long long)r->accepted, (unsigned long long)r->ended,
	    (unsigned long long)s->numbers.messages, (unsigned long long)s->generation);
	free(r);
}
