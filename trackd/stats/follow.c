#include "follow.h"
#include "log.h"
#include "loop.h"
#include "sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { STEP_MS = 1000, STEP_BYTES = 4 * 1024 * 1024 };

const char *const follow_files[EVENT_FILES] = { "queued.jsonl", "trackd-web.jsonl",
	"bouncd.jsonl" };

static struct {
	struct counters *counters;
	struct deliveries *deliveries;
	int folder;
	int fds[EVENT_FILES];
	struct buf bytes;
	struct timer *timer;
} follow;

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

struct deliveries *
follow_deliveries(void)
{
	return follow.deliveries;
}

/* Whole lines only; the rest is read again next time. Returns the bytes used. */
static size_t
lines_count(int file, struct span bytes)
{
	size_t used = 0;
	ptrdiff_t end;

	while ((end = span_find(span_from(bytes, used), '\n')) >= 0) {
		observe_line(follow.counters, follow.deliveries, (enum event_file)file,
		    span_first(span_from(bytes, used), (size_t)end));
		used += (size_t)end + 1;
	}
	return used;
}

/* Opens the file; a new inode under the name starts at its beginning. */
static bool
file_open(int file, uint64_t *offset)
{
	uint64_t inode;
	struct stat st;

	if (follow.fds[file] == -1)
		follow.fds[file] = openat(follow.folder, follow_files[file], O_RDONLY | O_CLOEXEC);
	if (follow.fds[file] == -1 || fstat(follow.fds[file], &st) == -1)
		return false;
	counters_place(follow.counters, follow_files[file], &inode, offset);
	if (inode != st.st_ino || *offset > (uint64_t)st.st_size) {
		*offset = 0;
		counters_place_put(follow.counters, follow_files[file], st.st_ino, 0);
	}
	return *offset < (uint64_t)st.st_size;
}

static bool
file_step(int file)
{
	uint64_t inode, offset;
	size_t used;
	ssize_t n;

	if (!file_open(file, &offset))
		return false;
	buf_reset(&follow.bytes);
	n = pread(follow.fds[file], buf_room(&follow.bytes, STEP_BYTES), STEP_BYTES, (off_t)offset);
	if (n <= 0)
		return false;
	used = lines_count(file, span_of(follow.bytes.p, (size_t)n));
	counters_place(follow.counters, follow_files[file], &inode, &offset);
	counters_place_put(follow.counters, follow_files[file], inode, offset + used);
	return used > 0 && n == STEP_BYTES;
}

/* Whether anything grew since: without it no transaction is begun, so a relay at rest writes nothing. */
static bool
any_growth(void)
{
	static off_t seen[EVENT_FILES];
	bool grown = false;

	for (int i = 0; i < EVENT_FILES; i++) {
		struct stat st;

		if (follow.fds[i] == -1)
			follow.fds[i] =
			    openat(follow.folder, follow_files[i], O_RDONLY | O_CLOEXEC);
		if (follow.fds[i] == -1 || fstat(follow.fds[i], &st) == -1 || st.st_size == seen[i])
			continue;
		seen[i] = st.st_size;
		grown = true;
	}
	return grown;
}

/* The index first: what is put there twice is the same, what is counted twice is wrong. */
static bool
step(void)
{
	struct err err;
	bool more = false;

	if (deliveries_begin(follow.deliveries, loop_wall_ms(), &err) == -1) {
		log_error("stats-stopped", "why=\"%s\"", err.text);
		return false;
	}
	if (counters_begin(follow.counters, &err) == -1) {
		log_error("stats-stopped", "why=\"%s\"", err.text);
		(void)deliveries_commit(follow.deliveries, NULL);
		return false;
	}
	for (int i = 0; i < EVENT_FILES; i++)
		more |= file_step(i);
	if (deliveries_commit(follow.deliveries, &err) == -1)
		log_error("index-not-kept", "why=\"%s\"", err.text);
	if (counters_commit(follow.counters, &err) == -1)
		log_error("stats-not-kept", "why=\"%s\"", err.text);
	return more;
}

/* Whether there is more: a step takes no more than STEP_BYTES of a file, which may not grow any further. */
static bool
step_if_any(void)
{
	static bool behind;

	behind = (any_growth() || behind) && step();
	return behind;
}

void
follow_now(void)
{
	while (step_if_any())
		;
}

void
follow_a_step(void)
{
	(void)step_if_any();
}

static void
on_timer(void *unused)
{
	bool more = step_if_any();

	(void)unused;
	timer_set_ms(follow.timer, more ? 0 : STEP_MS);
}

void
follow_start(struct role *role, uint64_t index_bytes, uint64_t index_age_s)
{
	struct span path = role_secret(role, "stats-path");
	struct err err;

	follow.folder = role_fd(role, "events-dir");
	sandbox_keep_folder(follow.folder);
	follow.counters = counters_open(path.p == NULL ? "" : path.p, &err);
	if (follow.counters == NULL)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	follow.deliveries =
	    deliveries_open(path.p == NULL ? "" : path.p, index_bytes, index_age_s, &err);
	if (follow.deliveries == NULL)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	memset(follow.fds, -1, sizeof(follow.fds));
	buf_init(&follow.bytes, STEP_BYTES);
	follow.timer = timer_new(on_timer, NULL);
	timer_set_ms(follow.timer, 0);
}
