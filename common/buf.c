#include "buf.h"
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_BYTES = 256 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

#ifdef BUF_MOVES
/* Sanitised builds: the contents move at every append, and what looks at the old place is caught (buf.h). The old bytes are
 * spoilt before they are freed, for whoever reads them without a sanitiser's knowledge. One that has all its memory from the
 * beginning, somebody's array maybe, moves in no build. Large ones move at one append of 64, or tests would do little else;
 * where BUF_MOVES is a number, as for fuzzing, all move at one of so many. What is in it decides which, so that the same
 * input moves the same. */
enum { LARGE_BYTES = 32 * 1024, LARGE_EACH = 64 };

static bool
stays(const struct buf *b, size_t cap)
{
	uint32_t draw =
	    (uint32_t)b->n * 2654435761u >> 16; /* Knuth's: successive sizes differ in all bits */

	return cap == b->cap && draw % (cap > LARGE_BYTES ? LARGE_EACH : BUF_MOVES) != 0;
}

static void
moved(struct buf *b, size_t cap)
{
	char *p;

	if (b->cap == b->max || stays(b, cap))
		return;
	p = malloc(cap);
	if (p == NULL)
		fatal("out of memory: %zu bytes for a buffer", cap);
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		memset(b->p, 0xdb, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
}
#else
static void
moved(struct buf *b, size_t cap)
{
	char *p = cap == b->cap ? b->p : realloc(b->p, cap);

	if (p == NULL)
		fatal("out of memory: %zu bytes for a buffer", cap);
	b->p = p;
	b->cap = cap;
}
#endif

char *
buf_room(struct buf *b, size_t want)
{
	size_t cap = b->cap == 0 ? SMALLEST_BYTES : b->cap;

	if (want > b->max || b->n > b->max - want)
		return NULL;
	while (cap - b->n < want)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	if (cap > 0)
		moved(b, cap);
	return b->p + b->n;
}

void
buf_grew(struct buf *b, size_t n)
{
	must(n <= b->cap - b->n);
	b->n += n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *room;

	if (n == 0)
		return;
	room = buf_room(b, n);
	if (room == NULL) {
		b->over = true;
		return;
	}
	memcpy(room, p, n);
	b->n += n;
}

void
buf_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_byte(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_num(struct buf *b, uint64_t v)
{
	char text[20], *p = text + sizeof(text);

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	/* Most fits in what is there: the second formatting is for what does not. */
	char *room = buf_room(b, 1);
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room, room == NULL ? 0 : b->cap - b->n, fmt, ap);
	must(n >= 0);
	if (room == NULL || (size_t)n >= b->cap - b->n) {
		room = buf_room(b, (size_t)n + 1);
		if (room != NULL)
			vsnprintf(room, (size_t)n + 1, fmt, again);
	}
	if (room == NULL)
		b->over = true;
	else
		b->n += (size_t)n;
	va_end(again);
	va_end(ap);
}

void
buf_drop(struct buf *b, size_t n)
{
	must(n <= b->n);
	if (n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

struct span
buf_all(const struct buf *b)
{
	return span_of(b->p, b->n);
}

bool
buf_over(const struct buf *b)
{
	return b->over;
}
