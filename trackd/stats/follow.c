#include "follow.h"
#include "lately.h"
#include "databases.h"
#include "event_moved.h"
#include "log.h"
#include "loop.h"
#include "sandbox.h"
#include "thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	STEP_MS = 1000,
	STEP_BYTES = 4 * 1024 * 1024,
	NOW_S =
	    1, /* who asks is told what is known after that time; the master asks for a word each minute */
	RETRY_FIRST_MS = 1000,
	RETRY_MOST_MS = 60 * 1000,
	KNOWN_BYTES = 4 << 20, /* of a file, before the place: more than queued tells again */
	SYNC_S = 30, /* a power cut costs what is not synced, which the files still tell */
};

const char *const follow_files[EVENT_FILES] = { "queued.jsonl", "trackd-web.jsonl",
	"bouncd.jsonl" };

enum step {
	STEP_DONE, /* all there is was counted */
	STEP_MORE, /* a step takes no more than STEP_BYTES of a file, which may not grow any further */
	STEP_FAILED, /* nothing was counted; what was read is read again */
};

static struct {
	struct counters *counters;
	struct deliveries *deliveries;
	int folder;
	int fds[EVENT_FILES];
	off_t seen[EVENT_FILES]; /* how long each was when it was looked at last */
	struct buf bytes;
	bool known[EVENT_FILES]; /* the ids before the place */
	struct timer *timer;
	enum step last;
	uint64_t wait_ms, not_before_ms; /* after one that failed */
	bool unsynced;
} follow = { .last = STEP_MORE };

struct counters *
follow_counters(void)
{
	return follow.counters;
}

int
follow_folder(void)
{
	return follow.folder;
}

DIR *
follow_folder_list(void)
{
	int fd = openat(follow.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL && fd != -1)
		close(fd);
	return dir;
}

struct deliveries *
follow_deliveries(void)
{
	return follow.deliveries;
}

/* Whole lines only; the rest is read again next time. Returns the bytes used. */
static size_t
lines_take(int file, struct span bytes, bool counted)
{
	size_t used = 0;
	ptrdiff_t end;

	while ((end = span_find(span_from(bytes, used), '\n')) >= 0) {
		struct span line = span_first(span_from(bytes, used), (size_t)end);

		if (counted || lately_again(line))
			observe_again(follow.deliveries, (enum event_file)file, line);
		else
			observe_line(
			    follow.counters, follow.deliveries, (enum event_file)file, line);
		used += (size_t)end + 1;
	}
	return used;
}

/* How far each database has read a file. One that was begun anew reads it again, alone. */
struct place {
	uint64_t inode, size;
	uint64_t counted, indexed;
};

/* -1: it cannot be read, or is no file. */
static int
moved_file(const char *name, struct stat *st)
{
	int fd = openat(follow.folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

static bool
has_inode(const struct stat *st, const void *inode)
{
	return st->st_ino == *(const uint64_t *)inode;
}

static bool
is_later(const struct stat *st, const void *than)
{
	const struct timespec *a = &st->st_mtim, *b = than;

	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Of the files that were moved away and fit, the one that was written to first; -1: there is none. */
static int
moved_open(const char *file, bool (*fits)(const struct stat *, const void *), const void *what)
{
	DIR *dir = follow_folder_list();
	struct timespec first = { 0 };
	int found = -1;

	for (struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;) {
		struct stat st;
		int fd = event_is_moved(d->d_name, file) ? moved_file(d->d_name, &st) : -1;

		if (fd == -1)
			continue;
		if (!fits(&st, what) || (found != -1 && is_later(&st, &first))) {
			close(fd);
			continue;
		}
		if (found != -1)
			close(found);
		found = fd;
		first = st.st_mtim;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static void
named_open(int file)
{
	follow.fds[file] = openat(follow.folder, follow_files[file], O_RDONLY | O_CLOEXEC);
	follow.seen[file] = -1;
}

/* Where it was read to: the file of that name, or the one that had it. */
static void
first_open(int file)
{
	uint64_t inode, offset;
	struct stat st;
	int moved;

	named_open(file);
	counters_place(follow.counters, follow_files[file], &inode, &offset);
	if (follow.fds[file] == -1 || fstat(follow.fds[file], &st) == -1 || st.st_ino == inode)
		return;
	moved = moved_open(follow_files[file], has_inode, &inode);
	if (moved == -1)
		return;
	close(follow.fds[file]);
	follow.fds[file] = moved;
}

/* Another file has its name, and is written to: so this one is not any more. */
static bool
was_moved(int file)
{
	int fd = openat(follow.folder, follow_files[file], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat here, named;
	bool moved = fd != -1 && follow.fds[file] != -1 && fstat(follow.fds[file], &here) == 0 &&
		     fstat(fd, &named) == 0 &&
		     (named.st_ino != here.st_ino || named.st_dev != here.st_dev) &&
		     named.st_size > 0;

	if (fd != -1)
		close(fd);
	return moved;
}

/* It was read to its end: the next is the one that came after it, which may have been moved away too. */
static bool
go_over(int file)
{
	struct stat st;
	int later = -1;

	if (fstat(follow.fds[file], &st) == 0)
		later = moved_open(follow_files[file], is_later, &st.st_mtim);
	close(follow.fds[file]);
	if (later == -1)
		named_open(file);
	else {
		follow.fds[file] = later;
		follow.seen[file] = -1;
	}
	return true;
}

/* A new inode under the name starts at its beginning. */
static bool
file_open(int file, struct place *p)
{
	const char *name = follow_files[file];
	uint64_t inode, index_inode;
	struct stat st;

	if (follow.fds[file] == -1)
		first_open(file);
	if (follow.fds[file] == -1 || fstat(follow.fds[file], &st) == -1)
		return false;
	*p = (struct place){ .inode = st.st_ino, .size = (uint64_t)st.st_size };
	counters_place(follow.counters, name, &inode, &p->counted);
	deliveries_place(follow.deliveries, name, &index_inode, &p->indexed);
	if (inode != p->inode || p->counted > p->size)
		p->counted = 0;
	if (index_inode != p->inode || p->indexed > p->size)
		p->indexed = 0;
	return p->counted < p->size || p->indexed < p->size;
}

/* What was counted before this start, or before a step that failed, is not counted again. */
static void
know_those_before(int file, uint64_t place)
{
	uint64_t from = place > KNOWN_BYTES ? place - KNOWN_BYTES : 0;
	struct span line, rest;

	if (follow.known[file])
		return;
	follow.known[file] = true;
	for (ssize_t n; from < place; from += (uint64_t)n) {
		size_t most = place - from < STEP_BYTES ? (size_t)(place - from) : STEP_BYTES;

		buf_reset(&follow.bytes);
		n = pread(follow.fds[file], buf_room(&follow.bytes, most), most, (off_t)from);
		if (n <= 0)
			return;
		for (rest = span_of(follow.bytes.p, (size_t)n); rest.n > 0;) {
			line = span_cut(rest, '\n', &rest);
			(void)lately_again(line);
		}
	}
}

static bool
file_step(int file)
{
	struct place p;
	uint64_t from, most = STEP_BYTES;
	bool counted, moved = was_moved(file); /* before it is looked how long it is */
	size_t used;
	ssize_t n;

	if (!file_open(file, &p))
		return moved && go_over(file);
	know_those_before(file, p.counted);
	counted = p.indexed < p.counted;
	from = counted ? p.indexed : p.counted;
	if (counted && p.counted - from < most)
		most = p.counted - from;
	buf_reset(&follow.bytes);
	n = pread(follow.fds[file], buf_room(&follow.bytes, most), most, (off_t)from);
	if (n <= 0)
		return false;
	used = lines_take(file, span_of(follow.bytes.p, (size_t)n), counted);
	if (used == 0 && moved && n < STEP_BYTES) /* half a line, whose end will not come */
		return go_over(file);
	from += used;
	if (!counted)
		counters_place_put(follow.counters, follow_files[file], p.inode, from);
	if (counted || from > p.indexed)
		deliveries_place_put(follow.deliveries, follow_files[file], p.inode, from);
	return used > 0 && (counted || moved || n == STEP_BYTES);
}

/* Whether anything grew since: without it no transaction is begun, so a relay at rest writes nothing. */
static bool
is_there(int file)
{
	int fd = openat(follow.folder, follow_files[file], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* One that is not open yet is opened in a step, where it is known how far it was read. */
static bool
grew(int file)
{
	struct stat st;

	if (follow.fds[file] == -1)
		return is_there(file);
	if (fstat(follow.fds[file], &st) == -1 ||
	    (st.st_size == follow.seen[file] && !was_moved(file)))
		return false;
	follow.seen[file] = st.st_size;
	return true;
}

static bool
any_growth(void)
{
	bool grown = false;

	for (int i = 0; i < EVENT_FILES; i++)
		grown |= grew(i);
	return grown;
}

/* ---- a step ---- */

/* Both, or neither: what one of them did not take is read again for both. */
static int
both_begin(struct err *err)
{
	if (deliveries_begin(follow.deliveries, loop_wall_ms(), err) == -1)
		return -1;
	if (counters_begin(follow.counters, loop_wall_ms(), err) == 0)
		return 0;
	deliveries_abort(follow.deliveries);
	return -1;
}

/* The index first: what is put there twice is the same, what is counted twice is wrong. */
static int
both_commit(struct err *err)
{
	if (deliveries_commit(follow.deliveries, err) == -1) {
		counters_abort(follow.counters);
		return -1;
	}
	return counters_commit(follow.counters, err);
}

static enum step
step(struct err *err)
{
	bool more = false;

	if (both_begin(err) == -1)
		return STEP_FAILED;
	for (int i = 0; i < EVENT_FILES; i++)
		more |= file_step(i);
	if (both_commit(err) == -1)
		return STEP_FAILED;
	follow.unsynced = true;
	return more ? STEP_MORE : STEP_DONE;
}

/* A full or broken disk is tried again after a wait that doubles; until then everybody is told what is known. */
static void
put_off(const struct err *err)
{
	follow.wait_ms = follow.wait_ms == 0 ? RETRY_FIRST_MS : follow.wait_ms * 2;
	if (follow.wait_ms > RETRY_MOST_MS)
		follow.wait_ms = RETRY_MOST_MS;
	follow.not_before_ms = loop_now_ms() + follow.wait_ms;
	log_error("stats-not-kept", "retry_s=%llu why=\"%s\"",
	    (unsigned long long)follow.wait_ms / 1000, err->text);
}

static enum step
step_if_any(void)
{
	struct err err = { "" };

	if (loop_now_ms() < follow.not_before_ms)
		return STEP_FAILED;
	if (!any_growth() && follow.last == STEP_DONE)
		return STEP_DONE;
	follow.last = step(&err);
	if (follow.last == STEP_FAILED) {
		lately_forget();
		memset(follow.known, 0, sizeof(follow.known));
		put_off(&err);
	} else
		follow.wait_ms = 0;
	return follow.last;
}

void
follow_now(void)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (step_if_any() == STEP_MORE) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > begin.tv_sec + NOW_S)
			return;
	}
}

void
follow_a_step(void)
{
	(void)step_if_any();
}

static void
on_timer(void *unused)
{
	enum step s = step_if_any();

	(void)unused;
	timer_set_ms(follow.timer, s == STEP_MORE ? 0 : STEP_MS);
}

/* ---- syncing ---- */

/* One at a time; in the thread that waits for the disk. */
static struct {
	struct work work;
	struct thread *thread;
	struct timer *timer;
	bool runs;
	int result;
	struct err err;
} sync_;

static void
sync_run(struct work *w)
{
	(void)w;
	sync_.result = deliveries_sync(follow.deliveries, &sync_.err);
	if (counters_sync(follow.counters, &sync_.err) == -1)
		sync_.result = -1;
}

static void
sync_done(struct work *w)
{
	(void)w;
	sync_.runs = false;
	if (sync_.result == 0)
		return;
	follow.unsynced = true;
	log_error("stats-not-synced", "why=\"%s\"", sync_.err.text);
}

static void
on_sync(void *unused)
{
	(void)unused;
	timer_set_ms(sync_.timer, SYNC_S * 1000);
	if (sync_.runs || !follow.unsynced)
		return;
	sync_.runs = true;
	follow.unsynced = false;
	sync_.work = (struct work){ .run = sync_run, .done = sync_done };
	thread_push(sync_.thread, &sync_.work);
}

void
follow_run(void)
{
	sync_.thread = thread_new("sync");
	sync_.timer = timer_new(on_sync, NULL);
	timer_set_ms(sync_.timer, SYNC_S * 1000);
	follow.timer = timer_new(on_timer, NULL);
	timer_set_ms(follow.timer, 0);
}

/* ---- opening ---- */

void
follow_open(struct role *role, uint64_t index_bytes, uint64_t index_age_s)
{
	follow.folder = role_fd(role, "events-dir");
	sandbox_keep_folder(follow.folder);
	follow.counters = databases_counters(role);
	follow.deliveries = databases_deliveries(role, index_bytes, index_age_s);
	memset(follow.fds, -1, sizeof(follow.fds));
	buf_init(&follow.bytes, STEP_BYTES);
}
