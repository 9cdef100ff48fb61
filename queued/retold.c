#include "retold.h"
#include "buf.h"
#include "err.h"
#include "flat.h"
#include "id.h"
#include "log.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4 * 1024 * 1024, SKEW_MS = 120 * 1000 };

struct told {
	struct table_node by_id;
	struct told *next;
	struct id id;
	bool there; /* in the file already */
	size_t n;
	char line[];
};

/* Between replay and the first turn only. */
static struct {
	struct table ids;
	struct told *first, **last;
	uint64_t oldest_ms;
	size_t n;
} all;

static struct told *
find(struct id id)
{
	for (struct table_node *n = table_first(&all.ids, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct told *t = TABLE_OF(n, struct told, by_id);

		if (id_eq(t->id, id))
			return t;
	}
	return NULL;
}

void
retold_add(struct span line)
{
	struct told *t;
	struct id id;

	if (id_parse(flat_get(line, "id"), &id) == -1 || find(id) != NULL)
		return;
	t = calloc(1, sizeof(*t) + line.n);
	if (t == NULL)
		fatal("out of memory for the events of the journal");
	t->id = id;
	t->n = line.n;
	memcpy(t->line, line.p, line.n);
	if (all.last == NULL)
		all.last = &all.first;
	*all.last = t;
	all.last = &t->next;
	table_put(&all.ids, &t->by_id, id_hash(id));
	if (all.n++ == 0 || id_time_ms(id) < all.oldest_ms)
		all.oldest_ms = id_time_ms(id);
}

/* Marks what the lines name. False: the first of them is older than anything looked for. */
static bool
lines_see(struct span lines)
{
	bool first = true, more = true;

	while (lines.n > 0) {
		struct span line = span_cut(lines, '\n', &lines);
		struct told *t;
		struct id id;

		if (id_parse(flat_get(line, "id"), &id) == -1)
			continue;
		if (first)
			more = id_time_ms(id) + SKEW_MS >= all.oldest_ms;
		first = false;
		t = find(id);
		if (t != NULL)
			t->there = true;
	}
	return more;
}

/* From the end towards the beginning; a chunk begins behind the first line end in it. */
static void
tail_see(int fd, off_t size)
{
	char *chunk = malloc(CHUNK_BYTES);
	off_t end = size;

	if (chunk == NULL)
		fatal("out of memory for the tail of the event file");
	while (end > 0) {
		off_t from = end > CHUNK_BYTES ? end - CHUNK_BYTES : 0;
		ssize_t n = pread(fd, chunk, (size_t)(end - from), from);
		struct span lines = span_of(chunk, n < 0 ? 0 : (size_t)n);
		ptrdiff_t cut = from == 0 ? -1 : span_find(lines, '\n');

		if (n <= 0 || (from > 0 && cut < 0) ||
		    !lines_see(span_from(lines, (size_t)(cut + 1))))
			break;
		end = from + cut + 1;
		if (from == 0)
			break;
	}
	free(chunk);
}

static void
line_mend(int fd, int read_fd, off_t size)
{
	char last;

	if (size > 0 && pread(read_fd, &last, 1, size - 1) == 1 && last != '\n' &&
	    write(fd, "\n", 1) != 1)
		log_error("events-not-mended", "why=\"%s\"", strerror(errno));
}

static size_t
missing_write(int fd)
{
	struct buf out;
	size_t n = 0, at = 0;

	buf_init(&out, SIZE_MAX / 4);
	for (struct told *t = all.first; t != NULL; t = t->next)
		if (!t->there) {
			buf_add(&out, t->line, t->n);
			n++;
		}
	while (at < out.n) {
		ssize_t w = write(fd, out.p + at, out.n - at);

		if (w <= 0) {
			log_error(
			    "events-lost", "bytes=%zu why=\"%s\"", out.n - at, strerror(errno));
			break;
		}
		at += (size_t)w;
	}
	buf_free(&out);
	return n;
}

void
retold_tell(int fd, int read_fd)
{
	struct stat st;

	if (read_fd == -1)
		read_fd = fd;
	if (fstat(fd, &st) == -1)
		return;
	line_mend(fd, read_fd, st.st_size);
	if (all.n == 0)
		return;
	tail_see(read_fd, st.st_size);
	log_info("events-retold", "ends=%zu missing=%zu", all.n, missing_write(fd));
	for (struct told *t = all.first, *next; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	table_free(&all.ids);
	all.first = NULL;
	all.last = NULL;
	all.n = 0;
}
