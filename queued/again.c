/* Final events that are told again, since they may not have reached the event file: at the start, from what the journal
 * holds; and when that file could not be synced, or lines for it had no room in memory, from the segments in use.
 *
 * While this reads, no segment is freed. The file is read from the disk: after a sync that failed, what memory says of it
 * may stand nowhere else. */
#include "err.h"
#include "log.h"
#include "retold.h"
#include "store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct part {
	int fd;
	size_t used;
	uint64_t records, generation;
	uint32_t salt;
};

struct again_work {
	struct work work;
	struct store *store;
	size_t ends;
	bool unread; /* a segment could not be read */
	struct buf missing;
	unsigned parts_n;
	struct part parts[SEGMENTS_MAX];
};

static int
read_from(const struct store *s)
{
	return s->options.events_read > 0 ? s->options.events_read : s->options.events;
}

/* ---- at the start ---- */

static void
tell(void *ctx, struct span line)
{
	struct store *s = ctx;

	s->hooks->event(s->hooks_ctx, line);
}

static void
before_see(struct store *s, struct retold *r)
{
	int fd;

	for (unsigned i = 0; s->options.events_before != NULL &&
			     (fd = s->options.events_before(s->options.events_before_ctx, i)) != -1;
	     i++) {
		retold_see(r, fd);
		close(fd);
	}
}

void
again_at_start(struct store *s, struct retold *r)
{
	size_t ends = retold_count(r), missing;

	before_see(s, r);
	missing = retold_missing(r, read_from(s), tell, s);

	if (ends > 0)
		log_info("events-retold", "ends=%zu missing=%zu", ends, missing);
}

/* ---- in the sync thread ---- */

static int
part_read(const struct part *p, char *block)
{
	size_t at = 0;

	while (at < p->used) {
		ssize_t n = pread(p->fd, block + at, p->used - at, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

static void
part_ends(struct again_work *k, const struct part *p, struct retold *r)
{
	char *block = malloc(p->used + 1);
	struct journal_reader reader;
	struct journal_record rec;
	struct journal_gap gap;

	if (block == NULL)
		fatal("out of memory for a journal segment");
	if (part_read(p, block) == -1)
		k->unread = true;
	else {
		journal_reader_init(&reader, span_of(block, p->used));
		reader.generation = p->generation;
		reader.salt = p->salt;
		while (reader.sequence < p->records) {
			if (!journal_next(&reader, &rec)) {
				if (!journal_skip(&reader, &gap))
					break;
			} else if (rec.type == JOURNAL_END && rec.head.n > 0)
				retold_add(r, rec.head);
		}
	}
	free(block);
}

static void
gather(void *ctx, struct span line)
{
	buf_span(ctx, line);
}

static void
again_run(struct work *w)
{
	struct again_work *k = (struct again_work *)w;
	int events = read_from(k->store);
	struct retold *r = retold_new();

	for (unsigned i = 0; i < k->parts_n; i++)
		part_ends(k, &k->parts[i], r);
	k->ends = retold_count(r);
	(void)posix_fadvise(events, 0, 0, POSIX_FADV_DONTNEED);
	retold_see(r, k->store->events_old);
	retold_missing(r, events, gather, &k->missing);
}

/* ---- back in the loop ---- */

static void
on_again(struct work *w)
{
	struct again_work *k = (struct again_work *)w;
	struct store *s = k->store;
	struct span lines = buf_all(&k->missing);

	while (lines.n > 0) {
		ptrdiff_t end = span_find(lines, '\n');
		size_t n = end < 0 ? lines.n : (size_t)end + 1;

		s->hooks->event(s->hooks_ctx, span_first(lines, n));
		lines = span_from(lines, n);
	}
	log_warn("events-retold", "ends=%zu missing_bytes=%zu", k->ends, k->missing.n);
	s->telling_again = false;
	s->events_unsure |= k->unread;
	buf_free(&k->missing);
	free(k);
	checkpoint_begin(s);
	store_stop_step(s);
}

/* What was told before must be in the file or lost: a line that still waits to be written would be told twice. */
void
again_tell(struct store *s)
{
	struct again_work *k;

	if (s->telling_again || !again_is_written(s))
		return;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		fatal("out of memory for events");
	k->work = (struct work){ .run = again_run, .done = on_again };
	k->store = s;
	buf_init(&k->missing, SIZE_MAX / 4);
	for (unsigned i = 0; i < s->segments_n; i++) {
		const struct segment *seg = &s->segments[i];

		if (seg->state != SEGMENT_FREE && !seg->retired)
			k->parts[k->parts_n++] = (struct part){ seg->fd, seg->used, seg->records,
				seg->generation, seg->salt };
	}
	s->telling_again = true;
	s->events_unsure = false;
	thread_push(s->sync, &k->work);
}

bool
again_is_written(struct store *s)
{
	return s->hooks->events_written == NULL || s->hooks->events_written(s->hooks_ctx);
}

void
store_events_lost(struct store *s)
{
	s->events_unsure = true;
	again_tell(s);
}

/* Two moves within one checkpoint are rare: the loop waits for the disk then. */
void
store_events_move(struct store *s, int before, int read)
{
	if (s->events_old != -1 && before != -1) {
		(void)fdatasync(before);
		close(before);
	} else
		s->events_old = before;
	s->options.events_read = read;
}
