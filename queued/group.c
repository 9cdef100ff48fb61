/* The journal's groups: all that arrived while the last commit ran is in the next one (DESIGN 4). */
#include "err.h"
#include "log.h"
#include "store_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_BYTES = 64 * 1024 * 1024 };

struct journal_work {
	struct work work;
	struct store *store;
	int fd, error;
	size_t at;
	struct span bytes;
};

static struct owed *
owed_new(struct group *g)
{
	if (g->records.max == 0)
		buf_init(&g->records, GROUP_BYTES);
	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 256 : g->cap * 2;
		g->owed = reallocarray(g->owed, g->cap, sizeof(*g->owed));
		if (g->owed == NULL)
			fatal("out of memory for a group");
	}
	return &g->owed[g->n++];
}

void
group_accept(struct store *s, struct entry *e, store_accepted *accepted, void *ctx)
{
	struct owed *o = owed_new(&s->gathering);

	*o = (struct owed){
		.type = JOURNAL_ACCEPT, .entry = e, .accepted = accepted, .ctx = ctx, .id = e->id
	};
	journal_put(&s->gathering.records, &(struct journal_record){ .type = JOURNAL_ACCEPT,
					       .id = e->id,
					       .body = span_of(e->image, e->head_n + e->bytes_n) });
}

void
group_end(struct store *s, const struct store_end *end, store_ended *ended, void *ctx)
{
	struct owed *o = owed_new(&s->gathering);
	struct buf *b = &s->gathering.records;
	size_t at = b->n;

	journal_put(b, &(struct journal_record){ .type = JOURNAL_END,
			   .id = end->id,
			   .index = end->index,
			   .mark = end->mark,
			   .body = end->event });
	*o = (struct owed){ .type = JOURNAL_END,
		.ended = ended,
		.ctx = ctx,
		.id = end->id,
		.index = end->index,
		.mark = end->mark,
		.event_at = at + JOURNAL_HEAD + sizeof(uint32_t),
		.event_n = end->event.n };
}

void
group_floor(struct store *s, uint64_t generation)
{
	struct owed *o = owed_new(&s->gathering);

	*o = (struct owed){ .type = JOURNAL_FLOOR };
	journal_put(&s->gathering.records, &(struct journal_record){ .type = JOURNAL_FLOOR,
					       .body = span_of(&generation, sizeof(generation)) });
}

bool
group_idle(const struct store *s)
{
	return !s->in_flight && s->gathering.n == 0;
}

/* ---- in the journal thread ---- */

static void
write_and_sync(struct work *w)
{
	struct journal_work *j = (struct journal_work *)w;
	struct span left = j->bytes;
	size_t at = j->at;

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

/* ---- back in the loop ---- */

static void
accepted_settle(struct store *s, struct owed *o, int error)
{
	struct entry *e = o->entry;

	if (error != 0) {
		o->accepted(
		    o->ctx, o->id, 451, SPAN_LIT("4.3.0 the queue's disk failed; try again"));
		entry_left(s, e);
		return;
	}
	s->numbers.accepted++;
	entry_living(s, e, s->active);
	o->accepted(o->ctx, o->id, 0, span_of(NULL, 0));
}

static void
end_settle(struct store *s, struct owed *o, struct span event)
{
	struct store_end end = { .id = o->id, .index = o->index, .mark = o->mark, .event = event };
	struct entry *e = entry_find(s, o->id);

	s->numbers.ended++;
	o->ended(o->ctx, &end);
	if (e != NULL) {
		e->ends--;
		entry_ended(s, e, o->index, o->mark);
	}
}

/* An end that could not be journaled stays owed: it goes into the next group, in another segment. */
static void
end_again(struct store *s, const struct owed *o, struct span event)
{
	struct store_end end = { .id = o->id, .index = o->index, .mark = o->mark, .event = event };

	group_end(s, &end, o->ended, o->ctx);
}

static void
on_written(struct work *w)
{
	struct journal_work *j = (struct journal_work *)w;
	struct store *s = j->store;
	struct group *g = &s->writing;
	int error = j->error;

	free(j);
	s->in_flight = false;
	s->numbers.groups++;
	if (error != 0) {
		log_error("journal-failed", "segment=%u why=\"%s\"", s->active, strerror(error));
		s->sync_failed = true;
	}
	for (size_t i = 0; i < g->n; i++) {
		struct owed *o = &g->owed[i];
		struct span event = span_of(g->records.p + o->event_at, o->event_n);

		if (o->type == JOURNAL_FLOOR)
			checkpoint_floored(s, error == 0);
		else if (o->type == JOURNAL_ACCEPT)
			accepted_settle(s, o, error);
		else if (error == 0)
			end_settle(s, o, event);
		else
			end_again(s, o, event);
	}
	g->n = 0;
	buf_reset(&g->records);
	/* A failed sync is never tried again as if nothing had happened: that segment is used no more, and what it holds
	 * gets files. */
	if (error != 0) {
		s->segments[s->active].state = SEGMENT_FULL;
		s->stuck = segment_next(s) == -1;
		checkpoint_begin(s);
	}
	stop_step(s);
}

static void
swap(struct store *s)
{
	struct group empty = s->writing;

	s->writing = s->gathering;
	s->gathering = empty;
}

static bool
room_for(struct store *s, size_t n)
{
	struct segment *seg = &s->segments[s->active];

	if (!s->stuck && seg->state == SEGMENT_ACTIVE && s->options.segment_bytes - seg->used >= n)
		return true;
	if (seg->state == SEGMENT_ACTIVE)
		seg->state = SEGMENT_FULL;
	s->stuck = segment_next(s) == -1;
	checkpoint_begin(s);
	return !s->stuck;
}

void
store_cut(struct store *s)
{
	struct journal_work *j;
	struct segment *seg;

	if (s->in_flight || s->gathering.n == 0 || !room_for(s, s->gathering.records.n))
		return;
	must(!buf_over(&s->gathering.records));
	seg = &s->segments[s->active];
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		fatal("out of memory for a group");
	swap(s);
	journal_seal(s->writing.records.p, s->writing.records.n, seg->generation, &s->sequence);
	*j = (struct journal_work){ .work = { .run = write_and_sync, .done = on_written },
		.store = s,
		.fd = seg->fd,
		.at = seg->used,
		.bytes = buf_all(&s->writing.records) };
	seg->used += s->writing.records.n;
	for (size_t i = 0; i < s->writing.n && !s->unsaved; i++)
		s->unsaved = s->writing.owed[i].type != JOURNAL_FLOOR;
	s->in_flight = true;
	thread_push(s->journal, &j->work);
}
