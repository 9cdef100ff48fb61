/* arena.h: memory of one lifetime (configuration, session, transaction).
 *
 * Whoever creates it frees it whole; nothing inside is freed alone; what outlives it is copied out.
 * Allocation never returns NULL: past max_bytes the arena marks itself over and goes on, and the driver asks
 * arena_over() once a command. malloc failing is fatal. Memory comes zeroed, aligned to 16. */
#pragma once

#include "span.h"

struct arena;

/* No memory is taken for contents before the first allocation. max_bytes 0: no cap. */
struct arena *arena_new(size_t max_bytes);
void arena_free(struct arena *); /* NULL is fine */
/* Forgets all, keeps one small chunk for reuse; clears the over mark. */
void arena_reset(struct arena *);

void *arena_alloc(struct arena *, size_t n);
char *arena_strdup(struct arena *, const char *);
/* Copies the bytes and puts a NUL behind them that the span does not count. */
struct span arena_span(struct arena *, struct span);
struct span arena_lower(struct arena *, struct span); /* the same, in lower case */
char *arena_cstr(struct arena *, struct span);        /* the same, as a C string */
char *arena_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool arena_over(const struct arena *);
size_t arena_used(const struct arena *); /* bytes handed out */
