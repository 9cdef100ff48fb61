/* The blocked links once more, from the events that tell of each change. */
#include "links.h"
#include "buf.h"
#include "flat.h"
#include "id.h"
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 20 };

static struct span
plain(struct span line, const char *key, struct buf *scratch)
{
	size_t at = scratch->n;

	flat_unescape(flat_get(line, key), scratch);
	return span_of(scratch->p + at, scratch->n - at);
}

/* *n: one more is blocked, or one less. -1: err. */
static int
line_take(struct links *l, struct span line, long *n, struct err *err)
{
	struct buf kind = { .max = 64 }, value = { .max = 4096 }, reason = { .max = 4096 };
	struct span verb = flat_get(line, "verb"), why;
	struct link_block b = { .time_s = 0 };
	bool block = span_is(verb, "links-block");
	struct err no_name;
	struct id id;
	uint64_t actor;
	int r = 0;

	if (!block && !span_is(verb, "links-unblock"))
		return 0;
	if (id_parse(flat_get(line, "id"), &id) == 0)
		b.time_s = id_time_ms(id) / 1000;
	if (span_u64(flat_get(line, "actor"), UINT32_MAX, &actor) == 0)
		b.actor = (unsigned)actor;
	why = span_first(plain(line, "reason", &reason), LINKS_REASON_MAX);
	snprintf(b.reason, sizeof(b.reason), "%.*s", SPAN(why));
	if (links_name(&b, plain(line, "kind", &kind), plain(line, "value", &value), &no_name) == 0)
		r = block ? links_block(l, &b, err) : links_unblock(l, &b, err);
	if (r == 1)
		*n += block ? 1 : -1;
	buf_free(&kind);
	buf_free(&value);
	buf_free(&reason);
	return r == -1 ? -1 : 0;
}

/* How much of it are whole lines; -1: err. */
static ssize_t
lines_take(struct links *l, struct span bytes, long *n, struct err *err)
{
	size_t used = 0;
	ptrdiff_t end;

	while ((end = span_find(span_from(bytes, used), '\n')) >= 0) {
		struct span line = span_first(span_from(bytes, used), (size_t)end);

		if (span_find_str(line, "\"links-") >=
			0 && /* few are: the rest is not taken apart */
		    line_take(l, line, n, err) == -1)
			return -1;
		used += (size_t)end + 1;
	}
	return (ssize_t)used;
}

static long
file_take(struct links *l, int events, struct err *err)
{
	struct buf chunk;
	off_t at = 0;
	long n = 0;
	ssize_t got, used = 0;

	buf_init(&chunk, CHUNK_BYTES);
	while ((got = pread(events, buf_room(&chunk, CHUNK_BYTES), CHUNK_BYTES, at)) > 0) {
		progress("reading which links are blocked");
		used = lines_take(l, span_of(chunk.p, (size_t)got), &n, err);
		if (used == 0 && got == CHUNK_BYTES)
			used = got; /* no event of ours is so long */
		if (used <= 0)
			break; /* half a line at the end */
		at += (off_t)used;
	}
	buf_free(&chunk);
	return used == -1 ? -1 : got == -1 ? err_sys(err, "read the events") : n;
}

long
links_rebuild(struct links *l, int events, struct err *err)
{
	long n;

	links_together(l, true);
	n = file_take(l, events, err);
	return links_together(l, false) == -1 && n != -1 ? err_set(err, "links.mdb: sync") : n;
}
