/* The journal's groups: all that arrived while the last one was written is in the next (DESIGN 4).
 *
 * The loop gathers records and says where they go; the journal thread seals, writes and syncs; back in the loop each is
 * told. A write or sync that fails is never tried again as if nothing had happened: its segment is used no more until it
 * was probed, those who waited for an acceptance hear 451, ends and moves go into the next group elsewhere, and what lived
 * there gets files. The segments after it say how many of its records count, so that a refused message does not come back.
 *
 * The first failure may be a bad place: the next segment is tried at once. After that waits grow, so that a disk that is away
 * for a moment does not cost all segments, and one that comes back is found out though nobody has anything to write. */
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "risk.h"
#include "store_inside.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_MOST_MS = 5000 };

/* ---- gathering ---- */

void
writer_accept(struct store *s, struct entry *e, const struct envelope *envelope,
    const struct facts *facts, struct span bytes, store_accepted *accepted, void *ctx)
{
	struct buf *b = &s->commit.gathering.records;
	size_t begin = journal_begin(b);
	struct owed *o;

	message_file_head(b, envelope, facts);
	e->head_n = (uint32_t)(b->n - begin - JOURNAL_HEADER);
	e->bytes_n = bytes.n;
	must(entry_marks(e, span_of(b->p + begin + JOURNAL_HEADER, e->head_n)) == 0);
	journal_end(b, begin,
	    &(struct journal_record){
		.type = JOURNAL_MESSAGE, .id = e->id, .bytes = bytes, .bytes_crc = facts->crc32c });
	o = commit_owe(&s->commit, JOURNAL_MESSAGE, e->id, begin);
	o->entry = e;
	o->head_n = e->head_n;
	o->told = (void (*)(void))accepted;
	o->ctx = ctx;
}

/* What ends because its message is set aside is open again when that comes back. */
static char
mark_of(const struct entry *e, const struct store_end *end)
{
	bool aside = e != NULL && e->gone_aside && e->place == SPOOL_CORRUPT;

	return aside && end->mark != MARK_OPEN ? MARK_DROPPED : end->mark;
}

void
store_end(struct store *s, const struct store_end *end, store_ended *ended, void *ctx)
{
	struct entry *e = entry_find(s, end->id);
	size_t begin = s->commit.gathering.records.n;
	struct owed *o;

	if (e != NULL)
		e->ends++;
	s->records_asked++;
	flush_end_came(&s->flush, loop_now_ms());
	journal_put(&s->commit.gathering.records, &(struct journal_record){ .type = JOURNAL_END,
						      .id = end->id,
						      .index = end->index,
						      .mark = mark_of(e, end),
						      .head = end->event });
	o = commit_owe(&s->commit, JOURNAL_END, end->id, begin);
	o->index = end->index;
	o->mark = mark_of(e, end);
	o->head_n = end->event.n;
	o->told = (void (*)(void))ended;
	o->ctx = ctx;
}

void
writer_move(struct store *s, struct entry *e)
{
	size_t begin = s->commit.gathering.records.n;

	e->moves++;
	s->records_asked++;
	journal_put(&s->commit.gathering.records,
	    &(struct journal_record){
		.type = JOURNAL_MOVE, .id = e->id, .mark = spool_letter(e->place) });
	commit_owe(&s->commit, JOURNAL_MOVE, e->id, begin)->mark = spool_letter(e->place);
}

void
writer_refuse(struct store *s, struct id id, uint16_t code, const char *text,
    store_accepted *accepted, void *ctx)
{
	if (s->refusals_n == s->refusals_cap) {
		s->refusals_cap = s->refusals_cap == 0 ? 64 : s->refusals_cap * 2;
		s->refusals = reallocarray(s->refusals, s->refusals_cap, sizeof(*s->refusals));
		if (s->refusals == NULL)
			fatal("out of memory for a refusal");
	}
	s->refusals[s->refusals_n++] = (struct refusal){ id, code, text, accepted, ctx };
	event_active(s->wake, EV_READ, 0);
}

void
writer_on_wake(struct store *s)
{
	for (size_t i = 0; i < s->refusals_n; i++) {
		struct refusal r = s->refusals[i];

		r.accepted(r.ctx, r.id, r.code, span_str(r.text));
	}
	s->refusals_n = 0;
}

bool
writer_idle(const struct store *s)
{
	return !s->commit.under_way && s->commit.gathering.n == 0;
}

/* ---- in the journal thread ---- */

static void
sealed_write(struct journal_work *j)
{
	struct buf *b = &j->batch->records;
	struct span left = buf_all(b);
	size_t at = j->at;

	journal_seal(b->p, b->n, j->generation, j->salt, &j->sequence);
	while (left.n > 0) {
		ssize_t n = pwrite(j->fd, left.p, left.n, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			j->error = n == 0 ? EIO : errno;
			return;
		}
		at += (size_t)n;
		left = span_from(left, (size_t)n);
	}
	if (fdatasync(j->fd) == -1)
		j->error = errno;
}

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
write_and_sync(struct work *w)
{
	struct journal_work *j = (struct journal_work *)w;
	uint64_t began = now_us();

	sealed_write(j);
	j->took_us = now_us() - began;
}

/* ---- back in the loop ---- */

static void
tell_accepted(struct store *s, const struct owed *o, size_t group_at)
{
	struct entry *e = o->entry;

	s->numbers.accepted++;
	e->state = ENTRY_JOURNAL;
	e->head_at = group_at + o->at + JOURNAL_HEADER;
	entry_lives_in(s, e, s->active);
	((store_accepted *)o->told)(o->ctx, o->id, 0, span_of(NULL, 0));
}

static void
tell_ended(struct store *s, const struct owed *o, struct span event)
{
	struct store_end end = { .id = o->id, .index = o->index, .mark = o->mark, .event = event };
	struct entry *e;

	s->numbers.ended++;
	((store_ended *)o->told)(o->ctx, &end);
	e = entry_find(s, o->id);
	if (e == NULL)
		return;
	e->ends--;
	entry_ended(s, e, o->index, o->mark);
}

/* Where its file is being written to is not where it shall be now: the move goes behind it. */
static void
tell_moved(struct store *s, const struct owed *o)
{
	struct entry *e = entry_find(s, o->id);

	if (e == NULL)
		return;
	if (e->state == ENTRY_JOURNAL)
		files_write(s, e);
	else
		files_move(s, e, e->place);
	e->moves--;
	entry_let_go(s, e);
}

static void
group_stands(struct store *s, struct journal_work *j)
{
	s->telling = s->active;
	for (size_t i = 0; i < j->batch->n; i++) {
		struct owed *o = &j->batch->owed[i];

		s->records_stand += o->type != JOURNAL_MESSAGE;
		if (o->type == JOURNAL_MESSAGE)
			tell_accepted(s, o, j->at);
		else if (o->type == JOURNAL_END)
			tell_ended(s, o, owed_head(j->batch, o));
		else
			tell_moved(s, o);
	}
	s->telling = SEGMENT_NONE;
	commit_settled(&s->commit);
}

static void
retry_later(struct store *s)
{
	uint64_t wait = 0;

	if (s->failures > 0)
		wait = s->failures > 6 ? RETRY_MOST_MS : RETRY_FIRST_MS << (s->failures - 1);
	s->failures++;
	s->cut_not_before = loop_now_ms() + wait;
	timer_set_ms(s->retry, wait);
}

static void
group_failed(struct store *s, struct journal_work *j)
{
	struct segment *seg = &s->segments[s->active];

	log_error("journal-failed", "segment=%u generation=%llu why=\"%s\"", s->active,
	    (unsigned long long)seg->generation, strerror(j->error));
	seg->state = SEGMENT_FAILED;
	seg->retired = seg->records == 0;
	s->active = s->segments_n;
	retry_later(s);
	for (size_t i = 0; i < j->batch->n; i++) {
		struct owed *o = &j->batch->owed[i];

		if (o->type != JOURNAL_MESSAGE)
			continue;
		entry_free(s, o->entry);
		((store_accepted *)o->told)(
		    o->ctx, o->id, 451, SPAN_LIT("4.3.0 the queue's disk failed; try again"));
	}
	commit_again(&s->commit);
	checkpoint_begin(s);
}

static void
on_written(struct work *w)
{
	struct journal_work *j = (struct journal_work *)w;
	struct store *s = j->store;

	s->numbers.groups++;
	flush_took(&s->flush, j->took_us, j->batch->n, s->commit.gathering.n);
	if (j->error != 0)
		group_failed(s, j);
	else {
		s->segments[s->active].used = j->at + j->batch->records.n;
		s->segments[s->active].records = j->sequence;
		if (s->failures > 1)
			log_info("journal-written-again", "failures=%u", s->failures);
		s->failures = 0;
		group_stands(s, j);
		operate_look(s);
	}
	store_stop_step(s);
}

/* ---- cutting ---- */

static uint64_t
oldest_living(const struct store *s)
{
	uint64_t oldest = s->generation;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].state != SEGMENT_FREE && !s->segments[i].retired &&
		    s->segments[i].generation < oldest)
			oldest = s->segments[i].generation;
	return oldest;
}

/* It says of every generation that is on disk how many records count: of one whose successor was lost too. */
static void
open_generation(struct store *s)
{
	struct journal_end ends[SEGMENTS_MAX];
	struct journal_record open = { .type = JOURNAL_OPEN,
		.oldest = oldest_living(s),
		.previous_end = s->previous_end,
		.segment_bytes = s->segments[s->active].bytes,
		.segments = s->segments_n };
	size_t n = 0;

	for (unsigned i = 0; i < s->segments_n; i++)
		if (i != s->active && s->segments[i].generation >= open.oldest)
			ends[n++] = (struct journal_end){ s->segments[i].generation,
				s->segments[i].records };
	open.ends = span_of((const char *)ends, n * sizeof(ends[0]));
	journal_put(&s->commit.writing.records, &open);
}

/* A segment's first group begins with its JOURNAL_OPEN. */
static bool
cut_into(struct store *s, struct segment *seg)
{
	size_t room = seg->bytes - seg->used;

	if (seg->used == 0)
		open_generation(s);
	if (commit_cut(&s->commit, room))
		return true;
	buf_reset(&s->commit.writing.records);
	return false;
}

static bool
cut(struct store *s)
{
	for (;;) {
		if (s->active < s->segments_n && cut_into(s, &s->segments[s->active]))
			return true;
		if (s->active < s->segments_n) {
			s->segments[s->active].state = SEGMENT_FULL;
			s->active = s->segments_n;
		}
		checkpoint_begin(s);
		if (!segment_next(s))
			return false;
	}
}

static void
push(struct store *s)
{
	struct segment *seg = &s->segments[s->active];

	s->journal_work =
	    (struct journal_work){ .work = { .run = write_and_sync, .done = on_written },
		    .store = s,
		    .fd = seg->fd,
		    .at = seg->used,
		    .generation = seg->generation,
		    .salt = seg->salt,
		    .sequence = seg->records,
		    .batch = &s->commit.writing };
	flush_began(&s->flush);
	thread_push(s->journal, &s->journal_work.work);
}

/* A generation that holds nothing yet. */
static bool
cut_opening(struct store *s)
{
	must(s->active == s->segments_n);
	if (!segment_next(s))
		return false;
	open_generation(s);
	s->commit.under_way = true;
	return true;
}

/* Something is to be written, and nothing hinders it. */
static bool
may_cut(struct store *s)
{
	uint64_t now = loop_now_ms(), wait;

	if (s->commit.under_way || (s->commit.gathering.n == 0 && s->failures == 0) ||
	    now < s->cut_not_before)
		return false;
	wait = s->stopped != NULL ? 0 : flush_wait_ms(&s->flush, now, s->commit.gathering.n);
	if (wait > 0)
		timer_set_ms(s->retry, wait);
	return wait == 0;
}

void
store_cut(struct store *s)
{
	draft_cut(s);
	if (!may_cut(s))
		return;
	s->stuck = !(s->commit.gathering.n > 0 ? cut(s) : cut_opening(s));
	if (!s->stuck)
		push(s);
}

bool
store_may_send(const struct store *s)
{
	return s->failures == 0 && !s->stuck && !flush_is_late(&s->flush, loop_now_ms());
}

void
store_ends(const struct store *s, struct risk_ends *e)
{
	*e = (struct risk_ends){ s->records_asked, s->records_stand, s->flush.usual_us };
}

bool
writer_close(struct store *s)
{
	must(writer_idle(s));
	if (!cut_opening(s))
		return false;
	push(s);
	return true;
}
