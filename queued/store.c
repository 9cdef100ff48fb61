#include "store.h"
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "store_inside.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	TICK_MS = 1000,
	TRASH_KEPT_S = 86400,
	SEGMENT_LEAST = 256 * 1024,
	/* A stop waits so long for a journal that cannot be written: a disk that is away for a moment is back by then, and the
	 * master kills nobody yet. */
	STOP_TICKS = 3,
};

/* ---- taking in ---- */

static uint16_t
why_not(struct store *s, const struct envelope *e, const struct facts *f, struct span bytes,
    const char **text)
{
	uint16_t code = store_pressure(s, text);

	if (code != 0)
		return code;
	if (e->rcpts_n == 0) {
		*text = "5.5.1 no recipients";
		return 554;
	}
	if (!message_file_takes(e)) {
		*text = STORE_TOO_MANY;
		return 552;
	}
	if (journal_bytes(envelope_bytes(e) * 3 + 1024, bytes.n) > s->options.segment_bytes / 2) {
		*text = "5.3.4 larger than the journal takes at once";
		return 552;
	}
	if (entry_find(s, e->id) != NULL) {
		*text = "4.3.0 a message of that id is here already";
		return 451;
	}
	if (bytes.n != f->size_bytes || crc32c(0, bytes) != f->crc32c) {
		*text = "4.3.0 what came is not what was received; try again";
		return 451;
	}
	return 0;
}

void
store_accept(struct store *s, const struct envelope *e, const struct facts *f, struct span bytes,
    store_accepted *accepted, void *ctx)
{
	const char *text;
	uint16_t code = why_not(s, e, f, bytes, &text);

	if (code != 0)
		writer_refuse(s, e->id, code, text, accepted, ctx);
	else
		writer_accept(s, entry_new(s, e->id, e->rcpts_n), e, f, bytes, accepted, ctx);
}

/* ---- what waits ---- */

void
store_wait(struct store *s, const struct store_wait *w)
{
	struct entry *e = entry_find(s, w->id);

	if (e == NULL || e->gone_aside || w->index >= e->rcpts_n || e->marks[w->index] != MARK_OPEN)
		return;
	e->indexed = true;
	index_put(s->index, w);
	files_write(s, e);
}

bool
store_forget(struct store *s, struct id id)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL)
		return true;
	if (e->state < ENTRY_FILED || e->ends > 0 || e->moves > 0 || files_correcting(s, id))
		return false;
	for (uint32_t i = 0; i < e->rcpts_n; i++)
		if (e->marks[i] == MARK_OPEN)
			index_due_again(s->index, id, i);
	if (e->segment == SEGMENT_NONE)
		entry_free(s, e);
	else /* a segment of the journal has it still: the checkpoint asks for it */
		e->left = true;
	return true;
}

struct due_asked {
	struct store *store;
	void (*due)(void *, const struct store_wait *);
	void *ctx;
};

static bool
on_due(void *ctx, const struct store_wait *w)
{
	struct due_asked *a = ctx;

	const struct entry *e = entry_find(a->store, w->id);

	if (e != NULL && !e->left)
		return false;
	a->due(a->ctx, w);
	return true;
}

unsigned
store_due(struct store *s, uint64_t until_ms, unsigned max,
    void (*due)(void *, const struct store_wait *), void *ctx)
{
	struct due_asked a = { s, due, ctx };

	return index_due(s->index, until_ms, max, on_due, &a);
}

bool
store_records(struct store *s, struct id *from, uint32_t *from_index, unsigned max,
    void (*each)(void *, const struct store_wait *), void *ctx)
{
	return index_records(s->index, from, from_index, max, each, ctx);
}

bool
store_record(struct store *s, const struct store_wait *w)
{
	if (entry_find(s, w->id) != NULL)
		return false;
	index_put(s->index, w);
	return true;
}

bool
store_is_held(const struct store *s, struct id id)
{
	return spool_has(s->spool, id, SPOOL_HOLD);
}

bool
store_known(struct store *s, struct id id, uint32_t index, struct store_wait *w)
{
	return index_get(s->index, id, index, w);
}

void
store_numbers(const struct store *s, struct store_numbers *n)
{
	*n = s->numbers;
	n->index_records = index_count(s->index);
	for (unsigned i = 0; i < s->segments_n; i++) {
		n->journal_bytes += s->segments[i].bytes;
		if (s->segments[i].state != SEGMENT_FREE && !s->segments[i].retired)
			n->journal_used += s->segments[i].used;
	}
}

/* ---- life ---- */

/* The journal cannot be written: what gathered is lost with the memory. Acceptances in it were not answered; ends are told
 * again by whoever was sent to, or sent twice. */
static void
stop_give_up(struct store *s)
{
	void (*stopped)(void *) = s->stopped;

	if (stopped == NULL || s->ticks < s->stop_until || s->commit.under_way ||
	    (s->failures == 0 && !s->stuck))
		return;
	log_error("stopped-unwritten", "records=%zu why=\"the journal cannot be written\"",
	    s->commit.gathering.n);
	s->stopped = NULL;
	stopped(s->stopped_ctx);
}

static void
on_tick(void *ctx)
{
	struct store *s = ctx;

	s->ticks++;
	pressure_tick(s);
	files_try_again(s);
	unqueued_tick(s);
	checkpoint_begin(s);
	checkpoint_index(s);
	segments_probe(s);
	operate_look(s);
	stop_give_up(s);
	timer_set_ms(s->tick, TICK_MS);
}

static void
on_retry(void *ctx)
{
	store_cut(ctx);
}

static void
on_wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	writer_on_wake(ctx);
	operate_look(ctx);
	store_stop_step(ctx);
}

/* Those configured are made; those of an earlier configuration are read and used as well. */
static int
segments_open(struct store *s, struct err *err)
{
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		struct segment *seg = &s->segments[s->segments_n];

		seg->bytes = i < s->options.segments ? s->options.segment_bytes : 0;
		seg->fd = spool_segment(s->spool, i, &seg->bytes, &seg->had, err);
		if (seg->fd == -1 && i < s->options.segments)
			return -1;
		if (seg->fd == -1)
			break;
		TAILQ_INIT(&seg->living);
		s->segments_n++;
	}
	s->active = s->segments_n;
	return 0;
}

static int
descriptors_open(struct store *s, struct err *err)
{
	s->spool_synced = openat(s->spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->spool_drafted = openat(s->spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->spool_synced == -1 || s->spool_drafted == -1)
		return err_sys(err, "open the spool again");
	return 0;
}

struct store *
store_prepare(const struct store_options *options, struct err *err)
{
	struct store *s;
	struct err ignored;

	if (options->segments < 2 || options->segments > SEGMENTS_MAX ||
	    options->segment_bytes < SEGMENT_LEAST) {
		err_set(err, "the journal needs 2 to %d segments of at least %d bytes",
		    SEGMENTS_MAX, SEGMENT_LEAST);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		fatal("out of memory for the store");
	s->options = *options;
	s->spool = options->spool;
	s->trash_kept_s = TRASH_KEPT_S;
	s->events_old = -1;
	commit_init(&s->commit, SIZE_MAX / 4);
	STAILQ_INIT(&s->undone);
	STAILQ_INIT(&s->corrected);
	STAILQ_INIT(&s->covering);
	s->telling = SEGMENT_NONE;
	STAILQ_INIT(&s->settling);
	TAILQ_INIT(&s->unreadable);
	if (spool_open(s->spool, err) == 0 && descriptors_open(s, err) == 0 &&
	    segments_open(s, err) == 0)
		s->index = index_open(options->index_path, err);
	if (s->index == NULL) {
		free(s);
		return NULL;
	}
	(void)spool_reserve_take(s->spool, 1 << 20, &ignored);
	return s;
}

int
store_start(struct store *s, const struct store_hooks *hooks, void *ctx, struct err *err)
{
	s->hooks = hooks;
	s->hooks_ctx = ctx;
	spool_clean_tmp(s->spool);
	s->wake = event_new(loop_base(), -1, 0, on_wake, s);
	s->tick = timer_new(on_tick, s);
	s->journal = thread_new("journal");
	s->names = thread_new("names");
	s->sync = thread_new("sync");
	s->drafting = thread_new("drafts");
	s->probe = thread_new("probe");
	s->retry = timer_new(on_retry, s);
	s->looks = thread_new("looks");
	if (s->wake == NULL)
		fatal("out of memory for an event");
	if (index_aside(s->index) != NULL)
		s->hooks->corrupt(s->hooks_ctx, "index/data.mdb", index_aside(s->index));
	replay(s);
	(void)err;
	on_tick(s);
	files_ready_drafts(s);
	strays_look(s);
	return 0;
}

/* Everything of the journal gets its file and is synced; then an empty generation says that nothing before it counts. */
void
store_stop_step(struct store *s)
{
	void (*stopped)(void *) = s->stopped;

	if (stopped == NULL || !writer_idle(s) || !draft_idle(s) || s->checkpointing ||
	    s->index_writing || s->telling_again)
		return;
	if (s->closed || s->ticks < s->not_before || s->undone_n > 0) {
		s->stopped = NULL;
		stopped(s->stopped_ctx);
		return;
	}
	if (s->active < s->segments_n) {
		s->segments[s->active].state = SEGMENT_FULL;
		s->active = s->segments_n;
	}
	checkpoint_begin(s);
	checkpoint_index(s);
	if (s->checkpointing || s->index_writing)
		return;
	s->closed = true;
	if (!writer_close(s))
		store_stop_step(s);
}

void
store_stop(struct store *s, void (*stopped)(void *), void *ctx)
{
	s->stopped = stopped;
	s->stopped_ctx = ctx;
	s->not_before = 0;
	s->stop_until = s->ticks + STOP_TICKS;
	store_cut(s);
	event_active(s->wake, EV_READ, 0);
}
