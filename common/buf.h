/* buf.h: bytes we own, with a maximum from birth.
 *
 * An append that does not fit is dropped whole and sets over; the writer goes on and one place asks
 * buf_over(). Grows by doubling up to max; malloc failing is fatal. A zeroed struct buf has max 0.
 *
 * Any append may move the contents: a span into them does not outlive it. With BUF_MOVES, as sanitised builds have it, each
 * append does move them. */
#pragma once

#include "span.h"

struct buf {
	char *p;
	size_t n;   /* bytes in it */
	size_t cap; /* bytes allocated */
	size_t max; /* bytes at most */
	bool over;  /* an append was dropped */
};

void buf_init(struct buf *, size_t max);
void buf_free(struct buf *);  /* keeps max: usable again */
void buf_reset(struct buf *); /* empties, clears over, keeps the memory */

void buf_add(struct buf *, const void *, size_t);
void buf_span(struct buf *, struct span);
void buf_str(struct buf *, const char *);
void buf_byte(struct buf *, char);
void buf_num(struct buf *, uint64_t); /* in decimal digits */
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For read(2): room for at least want bytes behind the contents, or NULL when max forbids (sets no over).
 * Then buf_grew() with what was written there. */
char *buf_room(struct buf *, size_t want);
void buf_grew(struct buf *, size_t);

void buf_drop(struct buf *, size_t n); /* removes n bytes from the front */
struct span buf_all(const struct buf *);
bool buf_over(const struct buf *);
