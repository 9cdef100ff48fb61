/* Is there room? Looked once a second, in the namespace thread: bytes and inodes, of the event files' disk too. The reserve is a file given up when
 * even deleting would fail for want of space; trash goes before its time, the oldest first. */
#include "err.h"
#include "log.h"
#include "store_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

enum {
	INODES_LEAST = 1000,
	EVENTS_LEAST =
	    16 * 1024 * 1024, /* free, for event files: some ten thousand messages end in it */
	EVENTS_DISK =
	    8 * EVENTS_LEAST, /* a smaller disk has no such reserve: memory has, for a while */
	RESERVE_BYTES = 8 * 1024 * 1024,
	DELETE_BYTES = 4 * 1024 * 1024, /* below it the reserve is given up */
	TRASH_KEPT_S = 86400,
	TRASH_EVERY_TICKS = 600,
	GATHER_MOST = 48 * 1024 * 1024,
	WORKS_MOST = 20000,
};

struct look_work {
	struct work work;
	struct store *store;
	bool failed, empty_trash;
	uint64_t free_bytes, free_inodes, trash_kept_s;
	uint64_t events_free; /* bytes; UINT64_MAX: enough, or not known */
};

static uint64_t
events_free(int fd)
{
	struct statvfs v;

	if (fd == -1 || fstatvfs(fd, &v) == -1 || v.f_blocks * v.f_frsize < EVENTS_DISK)
		return UINT64_MAX;
	return (uint64_t)v.f_bavail * v.f_frsize;
}

static void
look_run(struct work *w)
{
	struct look_work *k = (struct look_work *)w;
	int spool = k->store->spool;
	struct statvfs v;
	struct err err;

	k->events_free = events_free(k->store->options.events);
	if (k->empty_trash)
		spool_empty_trash(spool, k->trash_kept_s);
	if (fstatvfs(spool, &v) == -1) {
		k->failed = true;
		return;
	}
	k->free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	k->free_inodes = v.f_files == 0 ? UINT64_MAX : v.f_favail;
	if (k->free_bytes < DELETE_BYTES)
		spool_reserve_give(spool);
	else if (k->free_bytes > 2 * k->store->options.reserve_bytes + RESERVE_BYTES)
		(void)spool_reserve_take(spool, RESERVE_BYTES, &err);
}

static void
judge(struct store *s, const struct look_work *k)
{
	uint64_t least = s->options.reserve_bytes, events_least = EVENTS_LEAST;

	if (s->refuse != 0) { /* not to and fro at the edge */
		least += least / 8;
		events_least += events_least / 8;
	}
	s->refuse = 0;
	if (k->free_bytes < least)
		snprintf(s->refuse_text, sizeof(s->refuse_text),
		    "4.3.1 the queue's disk is full (%llu MB left)",
		    (unsigned long long)(k->free_bytes >> 20));
	else if (k->free_inodes < INODES_LEAST)
		snprintf(s->refuse_text, sizeof(s->refuse_text),
		    "4.3.1 the queue's disk has no inodes left");
	else if (k->events_free < events_least)
		snprintf(s->refuse_text, sizeof(s->refuse_text),
		    "4.3.1 the disk of the event files is full (%llu MB left)",
		    (unsigned long long)(k->events_free >> 20));
	else
		return;
	s->refuse = 452;
}

static void
on_looked(struct work *w)
{
	struct look_work *k = (struct look_work *)w;
	struct store *s = k->store;

	s->looking = false;
	s->numbers.free_bytes = k->free_bytes;
	if (!k->failed)
		judge(s, k);
	s->trash_kept_s = s->refuse != 0 ? s->trash_kept_s / 2 : TRASH_KEPT_S;
	free(k);
}

void
pressure_tick(struct store *s)
{
	struct look_work *k;

	if (s->looking)
		return;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		fatal("out of memory");
	*k = (struct look_work){ .work = { .run = look_run, .done = on_looked },
		.store = s,
		.empty_trash = s->refuse != 0 || s->ticks % TRASH_EVERY_TICKS == 0,
		.trash_kept_s = s->trash_kept_s };
	s->looking = true;
	thread_push(s->names, &k->work);
}

/* Segments that may be used at all. */
static unsigned
segments_usable(const struct store *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->segments_n; i++)
		n += s->segments[i].state != SEGMENT_FAILED;
	return n;
}

/* The journal keeps final events until they are written, and is full of them: half of its last segment is for the ends of
 * what was taken already. */
static bool
full_of_events(const struct store *s)
{
	if (s->active < s->segments_n &&
	    s->segments[s->active].used < s->segments[s->active].bytes / 2)
		return false;
	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].state == SEGMENT_FREE)
			return false;
	return s->events_late || s->events_unsure;
}

static bool
events_behind(const struct store *s)
{
	return full_of_events(s) ||
	       (s->hooks->events_behind != NULL && s->hooks->events_behind(s->hooks_ctx));
}

uint16_t
store_pressure(struct store *s, const char **text)
{
	*text = "";
	if (s->refuse != 0)
		*text = s->refuse_text;
	else if (s->failures > 0 || segments_usable(s) == 0)
		*text = "4.3.0 the queue's journal cannot be written";
	else if (s->commit.gathering.records.n > GATHER_MOST)
		*text = "4.3.1 the journal is full; files are being written";
	else if (events_behind(s))
		*text = "4.3.1 the event file cannot be written";
	else if (s->works > WORKS_MOST || s->index_failed)
		*text = "4.3.1 the queue's disk is behind";
	return **text == '\0' ? 0 : s->refuse != 0 ? s->refuse : 452;
}
