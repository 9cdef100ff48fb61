/* spool.h: names and files of the spool; the only file that names them (DESIGN 4, posthouse-queue(5)).
 *
 * All below one descriptor, so that the process's root may be empty. What may wait for the disk is called in the threads
 * of the store; int functions say 0 (or a descriptor), or -1 with err. */
#pragma once

#include "buf.h"
#include "err.h"
#include "id.h"

enum spool_place { SPOOL_CUR, SPOOL_HOLD, SPOOL_TRASH, SPOOL_CORRUPT };

/* Makes folders, takes the lock (held as long as the process lives). */
int spool_open(int spool, struct err *);

char spool_letter(enum spool_place); /* in the journal */
int spool_place_of(char letter, enum spool_place *);

/* A new file: made in tmp/, appended to, then published under its name: never half of one is seen. Nothing is synced. */
int spool_new(int spool, struct id, struct err *);
int spool_append(int fd, struct span, struct err *);
int spool_publish(int spool, struct id, enum spool_place, struct err *);
void spool_discard(int spool, struct id);
/* The folder in which a published file stands, so that its name is on disk. */
int spool_sync_folder(int spool, struct id, enum spool_place, struct err *);

int spool_open_to_mark(int spool, struct id, struct err *); /* wherever it is */
int spool_mark(int fd, uint64_t at, char mark, struct err *);
/* From wherever it is; no error when it is there already. */
int spool_move(int spool, struct id, enum spool_place to, struct err *);
int spool_remove(int spool, struct id, struct err *); /* from cur/ or hold/; missing is fine */
/* From cur/ or hold/, read-only; -1 with errno. */
int spool_read(int spool, struct id, enum spool_place *where);
int spool_read_in(int spool, struct id, enum spool_place); /* from that place alone */
bool spool_has(int spool, struct id, enum spool_place);
/* In one of the places up to that one. */
bool spool_has_any(int spool, struct id, enum spool_place last);
/* Files of that name in other places, but not in corrupt/. */
int spool_remove_others(int spool, struct id, enum spool_place stays, struct err *);
/* A damaged file, as it is, into corrupt/. */
int spool_set_aside(int spool, struct id, enum spool_place, struct err *);

/* Journal segment N. Zeros are written where it is not there or too short; *bytes becomes its size, *had is what it was. With
 * *bytes 0 it is opened only if it is there. */
int spool_segment(int spool, unsigned n, size_t *bytes, size_t *had, struct err *);
/* A copy of its first n bytes is kept in corrupt/ under that name. */
int spool_keep_segment(int spool, int fd, size_t n, const char *name, struct err *);

/* tmp/N for a draft: a write-only descriptor; spool_draft_read() opens it for reading, -1 with errno. */
int spool_draft(int spool, uint32_t n, struct err *);
int spool_draft_read(int spool, uint32_t n);
void spool_draft_remove(int spool, uint32_t n);

/* A look at all names in cur/ and hold/, and those in corrupt/, some at a time: a folder may hold a hundred thousand. What is
 * in cur/ or hold/ under a name that is none of a message is set aside, and foreign() hears of it. */
struct spool_scan;
struct spool_scan *spool_scan_new(int spool);
/* At most so many names; false: that was all, and the scan is freed. */
bool spool_scan_step(struct spool_scan *, unsigned most,
    void (*each)(void *ctx, struct id, enum spool_place),
    void (*foreign)(void *ctx, const char *name), void *ctx);
/* The names of messages in trash/, at most so many a step; *dir is NULL at first. False: that was all, and it is closed. */
bool spool_trash_step(
    int spool, void **dir, unsigned most, void (*each)(void *ctx, struct id), void *ctx);
void spool_trash_end(void *dir);
/* Files that came into trash/ longer ago than that are unlinked. */
void spool_empty_trash(int spool, uint64_t older_than_s);
/* Leftovers of tmp/ from an earlier life. */
void spool_clean_tmp(int spool);

/* The next start sets the index aside (index.h). */
int spool_suspect_index(int spool, struct err *);

/* The note: replaced as a whole, synced. Not there: nothing is read. */
int spool_note_write(int spool, struct span text, struct err *);
int spool_note_read(int spool, struct buf *, struct err *);

/* The reserve: a file that is given up to make room for deleting, and made again when there is room. */
int spool_reserve_take(int spool, uint64_t bytes, struct err *);
void spool_reserve_give(int spool);
