/* reply_book.h: how often each rule decided, and what none knew (unknown.h), kept over restarts.
 *
 * Both live in memory and are written to replies.mdb every BOOK_WRITE_S seconds and at a stop, so that a reply costs no
 * write to disk; a crash loses the counts of that time, nothing else depends on them. The only user of that file. */
#pragma once

#include "rules.h"
#include "unknown.h"

enum { BOOK_WRITE_S = 60 };

struct reply_book;

/* In that folder, which is ours. NULL: err says why; the file may be set aside then, and begun anew. */
struct reply_book *reply_book_open(const char *folder, struct err *);
/* Writes what is not written yet. */
void reply_book_close(struct reply_book *);
/* Other rules hold from here on, whose names take over what the old ones counted. The old ones are still there. */
void reply_book_rules(struct reply_book *, struct rules *);

/* A verdict was used. */
void reply_book_note(struct reply_book *, const struct said *, struct span server,
    const struct verdict *, uint64_t now_s);
/* Writes to disk; -1: it could not. */
int reply_book_write(struct reply_book *, struct err *);
/* The same in three: in the loop, 1: there is something to write; in any thread, which waits for the disk; in the loop. */
int reply_book_hand(struct reply_book *, struct err *);
void reply_book_run(struct reply_book *);
int reply_book_end(struct reply_book *, struct err *);

/* The unknown ones, to be looked at; forget empties them, on disk with the next write. */
const struct unknowns *reply_book_unknowns(const struct reply_book *);
void reply_book_forget(struct reply_book *);
