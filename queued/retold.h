/* retold.h: final events that the journal tells again, less those the event file has already.
 *
 * An end's record outlives its event by up to a checkpoint; so a crash would tell many a second time under the same id. The
 * tail of the event file says which were written: whole, byte for byte. For any thread, one at a time. */
#pragma once

#include "span.h"

struct retold;

struct retold *retold_new(void);
/* What the tail of an older file has, which was moved away, is there too. So is what is older than all lines of these files: it
 * stands in one that is packed or gone by now. -1: there is none. */
void retold_see(struct retold *, int fd);
void retold_add(struct retold *,
    struct span
	line); /* with its LF; copied; an id counts once, and what has none is never there */
/* Reads the tail of the event file (-1: there is none) and gives each line that is not there, in the order they were
 * added; then frees all. What cannot be read is not there: twice is better than never. Returns how many were missing. */
size_t
retold_missing(struct retold *, int fd, void (*missing)(void *ctx, struct span line), void *ctx);
size_t retold_count(const struct retold *);
