#include "retold.h"
#include "err.h"
#include "flat.h"
#include "id.h"
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

struct retold {
	struct table ids;
	struct told *first, **last;
	size_t n;
	uint64_t oldest_ms;
	uint64_t seen_from_ms; /* of the first line of those that were looked at */
	bool before;           /* there are older files */
};

struct retold *
retold_new(void)
{
	struct retold *r = calloc(1, sizeof(*r));

	if (r == NULL)
		fatal("out of memory for the events of the journal");
	r->last = &r->first;
	r->seen_from_ms = UINT64_MAX;
	return r;
}

size_t
retold_count(const struct retold *r)
{
	return r->n;
}

static struct told *
find(const struct retold *r, struct id id)
{
	for (struct table_node *n = table_first(&r->ids, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct told *t = TABLE_OF(n, struct told, by_id);

		if (id_eq(t->id, id))
			return t;
	}
	return NULL;
}

void
retold_add(struct retold *r, struct span line)
{
	struct told *t;
	struct id id;

	bool named = id_parse(flat_get(line, "id"), &id) == 0;

	if (named && find(r, id) != NULL)
		return;
	t = calloc(1, sizeof(*t) + line.n);
	if (t == NULL)
		fatal("out of memory for the events of the journal");
	t->n = line.n;
	memcpy(t->line, line.p, line.n);
	*r->last = t;
	r->last = &t->next;
	r->n++;
	if (!named)
		return;
	t->id = id;
	if (r->ids.n == 0 || id_time_ms(id) < r->oldest_ms)
		r->oldest_ms = id_time_ms(id);
	table_put(&r->ids, &t->by_id, id_hash(id));
}

/* Half of a line has its id too, and is not there. */
static bool
is_whole(const struct told *t, struct span line)
{
	return line.n + 1 == t->n && memcmp(line.p, t->line, line.n) == 0;
}

/* Marks what the lines name. False: the first of them is older than anything looked for. */
static bool
lines_see(struct retold *r, struct span lines)
{
	bool first = true, more = true;

	while (lines.n > 0) {
		struct span line = span_cut(lines, '\n', &lines);
		struct told *t;
		struct id id;

		if (id_parse(flat_get(line, "id"), &id) == -1)
			continue;
		if (first)
			more = id_time_ms(id) + SKEW_MS >= r->oldest_ms;
		if (id_time_ms(id) < r->seen_from_ms)
			r->seen_from_ms = id_time_ms(id);
		first = false;
		t = find(r, id);
		if (t != NULL && is_whole(t, line))
			t->there = true;
	}
	return more;
}

static ssize_t
chunk_read(int fd, char *chunk, size_t want, off_t from)
{
	size_t got = 0;

	while (got < want) {
		ssize_t n = pread(fd, chunk + got, want - got, from + (off_t)got);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* From the end towards the beginning; a chunk begins behind the first line end in it. */
static void
tail_see(struct retold *r, int fd, off_t size)
{
	char *chunk = malloc(CHUNK_BYTES);
	off_t end = size;

	if (chunk == NULL)
		fatal("out of memory for the tail of the event file");
	while (end > 0) {
		off_t from = end > CHUNK_BYTES ? end - CHUNK_BYTES : 0;
		ssize_t n = chunk_read(fd, chunk, (size_t)(end - from), from);
		struct span lines = span_of(chunk, n < 0 ? 0 : (size_t)n);
		ptrdiff_t cut = from == 0 ? -1 : span_find(lines, '\n');

		if (n <= 0 || (from > 0 && cut < 0) ||
		    !lines_see(r, span_from(lines, (size_t)(cut + 1))))
			break;
		end = from + cut + 1;
		if (from == 0)
			break;
	}
	free(chunk);
}

static void
file_see(struct retold *r, int fd)
{
	struct stat st;

	if (r->ids.n > 0 && fd != -1 && fstat(fd, &st) == 0)
		tail_see(r, fd, st.st_size);
}

void
retold_see(struct retold *r, int fd)
{
	r->before |= fd != -1;
	file_see(r, fd);
}

static bool
is_there(const struct retold *r, const struct told *t)
{
	return t->there || (r->before && r->seen_from_ms != UINT64_MAX &&
			       id_time_ms(t->id) + SKEW_MS < r->seen_from_ms);
}

size_t
retold_missing(struct retold *r, int fd, void (*missing)(void *, struct span), void *ctx)
{
	size_t n = 0;

	file_see(r, fd);
	for (struct told *t = r->first, *next; t != NULL; t = next) {
		next = t->next;
		if (!is_there(r, t)) {
			missing(ctx, span_of(t->line, t->n));
			n++;
		}
		free(t);
	}
	table_free(&r->ids);
	free(r);
	return n;
}
