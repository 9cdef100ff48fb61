/* spool.h: names and files of the spool; the only file that names them (DESIGN 4, posthouse-queue(5)).
 *
 * All below one descriptor, so that the process's root may be empty. Steps that may wait for the disk are called in the
 * namespace thread; each says 0, or -1 with err. */
#pragma once

#include "err.h"
#include "id.h"

enum spool_place { SPOOL_CUR, SPOOL_HOLD, SPOOL_TRASH, SPOOL_CORRUPT };

/* Makes folders, takes the lock (held as long as the process lives). */
int spool_open(int spool, struct err *);

void spool_name(char out[64], enum spool_place, struct id); /* "cur/3f/01J..." */
/* A whole file, under a name in tmp/ first and then renamed: never half of one is seen. Not synced. */
int spool_write(
    int spool, enum spool_place, struct id, struct span head, struct span bytes, struct err *);
int spool_mark(int spool, struct id, size_t at, char mark, struct err *); /* in cur/ or hold/ */
int spool_move(int spool, struct id, enum spool_place from, enum spool_place to, struct err *);
int spool_remove(int spool, struct id); /* from cur/ or hold/; missing is fine */
int spool_read_open(int spool, struct id, enum spool_place *where); /* read-only; -1 with errno */

/* Journal segment N: made with zeros if it is not there or too short. */
int spool_segment(int spool, unsigned n, size_t bytes, struct err *);
/* tmp/N for a draft: a write-only descriptor; spool_draft_read() opens it for reading. */
int spool_draft(int spool, uint32_t n, struct err *);
int spool_draft_read(int spool, uint32_t n);
void spool_draft_remove(int spool, uint32_t n);

/* Every name in a place, in no order; each returns. Names that are no id too. */
void spool_each(int spool, enum spool_place,
    void (*each)(void *ctx, const char *folder, const char *name), void *ctx);
/* A file that is none of ours or damaged: renamed into corrupt/ under its own name. */
void spool_set_aside(int spool, const char *folder, const char *name);
/* Files of trash/ older than that are unlinked. */
void spool_empty_trash(int spool, uint64_t older_than_s);
/* Leftovers of tmp/ from an earlier life. */
void spool_clean_tmp(int spool);
