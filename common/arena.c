#include "arena.h"
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 1024 - 32, LARGEST_BYTES = 256 * 1024, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t size, used; /* bytes behind this head */
	char pad[8];
	char bytes[] __attribute__((aligned(ALIGN)));
};

struct arena {
	struct chunk *chunks; /* the newest first */
	size_t max, used;
	bool over;
};

struct arena *
arena_new(size_t max_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory for an arena");
	a->max = max_bytes;
	return a;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	for (struct chunk *c = a->chunks, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct chunk *keep = NULL;

	for (struct chunk *c = a->chunks, *next; c != NULL; c = next) {
		next = c->next;
		if (next == NULL && c->size <= FIRST_BYTES)
			keep = c;
		else
			free(c);
	}
	if (keep != NULL) {
		memset(keep->bytes, 0, keep->used);
		keep->used = 0;
	}
	a->chunks = keep;
	a->used = 0;
	a->over = false;
}

static struct chunk *
chunk_for(struct arena *a, size_t n)
{
	size_t size = a->chunks == NULL ? FIRST_BYTES : a->chunks->size * 2;
	struct chunk *c;

	if (size > LARGEST_BYTES)
		size = LARGEST_BYTES;
	if (size < n)
		size = n;
	c = calloc(1, sizeof(*c) + size);
	if (c == NULL)
		fatal("out of memory: %zu bytes for an arena", size);
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct chunk *c = a->chunks;
	void *p;

	must(n < SIZE_MAX / 2);
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (c == NULL || c->size - c->used < n)
		c = chunk_for(a, n);
	p = c->bytes + c->used;
	c->used += n;
	a->used += n;
	if (a->max != 0 && a->used > a->max)
		a->over = true;
	return p;
}

struct span
arena_span(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

struct span
arena_lower(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);

	span_lower(p, s);
	return span_of(p, s.n);
}

char *
arena_cstr(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_cstr(a, span_str(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	must(fmt != NULL); /* or gcc warns of it in a sanitised build */
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	must(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

bool
arena_over(const struct arena *a)
{
	return a->over;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
