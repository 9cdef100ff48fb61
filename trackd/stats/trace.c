#include "trace.h"
#include "control.h"
#include "err.h"
#include "event_moved.h"
#include "flat.h"
#include "follow.h"
#include "id.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ROWS_DEFAULT = 10000,
	CHUNK_BYTES = 1 << 20,
	SKEW_MS =
	    120 * 1000, /* clocks are put back, and two processes' events are not in one order */
};

struct search {
	struct control_call *call;
	struct span want;
	struct buf chunk;
	uint64_t rows, limit;
	uint64_t not_before_ms; /* events before that are about other messages */
	bool id; /* want is a message id or the beginning of one: only that key counts */
};

static bool
wanted(const struct search *s, struct span line)
{
	return !s->id || span_starts_nocase(flat_get(line, "message"), s->want.p);
}

/* A NUL stands behind the bytes; the lines have none. */
static void
lines_search(struct search *s, struct span bytes)
{
	const char *at;

	while (s->rows < s->limit && (at = strcasestr(bytes.p, s->want.p)) != NULL) {
		size_t before = (size_t)(at - bytes.p);
		size_t start = (size_t)(span_find_last(span_first(bytes, before), '\n') + 1);
		struct span line = span_cut(span_from(bytes, start), '\n', &bytes);

		if (!wanted(s, line))
			continue;
		control_line(s->call, line);
		s->rows++;
	}
}

/* What stands before these lines happened before any message that is looked for. */
static bool
is_too_old(const struct search *s, struct span lines)
{
	struct id id;

	return id_parse(flat_get(span_cut(lines, '\n', &lines), "id"), &id) == 0 &&
	       id_time_ms(id) + SKEW_MS < s->not_before_ms;
}

/* From its end towards its beginning, whole lines at a time. False: older ones need not be looked at. */
static bool
file_search(struct search *s, int fd)
{
	struct stat st;
	off_t end = fstat(fd, &st) == -1 ? 0 : st.st_size;
	ssize_t n;

	while (end > 0 && s->rows < s->limit) {
		off_t from = end > CHUNK_BYTES ? end - CHUNK_BYTES : 0;
		struct span lines;
		ptrdiff_t cut;

		n = pread(fd, s->chunk.p, (size_t)(end - from), from);
		if (n <= 0)
			return true;
		s->chunk.p[n] = '\0';
		lines = span_of(s->chunk.p, (size_t)n);
		cut = from == 0 ? -1 : span_find(lines, '\n');
		if (from > 0 && cut < 0)
			return true; /* a line of a megabyte: none of ours */
		lines = span_from(lines, (size_t)(cut + 1));
		lines_search(s, lines);
		if (is_too_old(s, lines))
			return false;
		end = from + cut + 1;
	}
	return true;
}

struct moved {
	char *name;
	time_t when;
};

static int
youngest_first(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return x->when < y->when ? 1 : x->when > y->when ? -1 : strcmp(y->name, x->name);
}

static void
moved_add(struct moved **found, size_t *n, const char *name)
{
	int fd = openat(follow_folder(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		if (fd != -1)
			close(fd);
		return;
	}
	close(fd);
	*found = reallocarray(*found, *n + 1, sizeof(**found));
	if (*found == NULL || ((*found)[*n].name = strdup(name)) == NULL)
		fatal("out of memory for names of event files");
	(*found)[(*n)++].when = st.st_mtime;
}

/* The caller's to free. */
static size_t
moved_list(const char *file, struct moved **found)
{
	DIR *dir = follow_folder_list();
	size_t n = 0;

	*found = NULL;
	for (struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;)
		if (event_is_moved(d->d_name, file))
			moved_add(found, &n, d->d_name);
	if (dir != NULL)
		closedir(dir);
	if (n > 1)
		qsort(*found, n, sizeof(**found), youngest_first);
	return n;
}

static bool
named_search(struct search *s, const char *name)
{
	int fd = openat(follow_folder(), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool more = true;

	if (fd == -1)
		return true;
	more = file_search(s, fd);
	close(fd);
	return more;
}

static void
file_and_moved_search(struct search *s, const char *file)
{
	struct moved *moved;
	size_t n = moved_list(file, &moved);
	bool more = named_search(s, file);

	for (size_t i = 0; i < n; i++) {
		if (more)
			more = named_search(s, moved[i].name);
		free(moved[i].name);
	}
	free(moved);
}

void
trace_verb(void *unused, struct control_call *call)
{
	struct search s = { .call = call,
		.want = control_arg(call, "text"),
		.limit = control_arg_num(call, "limit", ROWS_DEFAULT),
		.id = control_arg_bool(call, "id") };
	struct id lo, hi;

	(void)unused;
	if (s.want.n == 0) {
		control_error(call, 2, "trace needs a message id, an address or a Message-ID");
		return;
	}
	if (s.id && id_prefix(s.want, &lo, &hi) == 0)
		s.not_before_ms = id_time_ms(lo);
	buf_init(&s.chunk, CHUNK_BYTES + 1);
	(void)buf_room(&s.chunk, CHUNK_BYTES + 1);
	for (unsigned i = 0; i < EVENT_FILES; i++)
		file_and_moved_search(&s, follow_files[i]);
	buf_free(&s.chunk);
	control_end(call);
}
