/* index.h: what waits, by time and by message, in LMDB; the only user of that database.
 *
 * The loop's thread reads, and sees what it changed at once; changes gather and are written in the checkpoint thread, one
 * transaction a step: index_take(), index_write() in that thread, index_written(). A failed write keeps them.
 * The index can be rebuilt from the files: losing it costs retry times. One that is damaged is set aside. */
#pragma once

#include "store.h"

struct index;

/* Before the sandbox and before there are threads: a damaged one is set aside, and so is one beside which INDEX_SUSPECT
 * stands. */
#define INDEX_SUSPECT "suspect"
struct index *index_open(const char *folder, struct err *);
/* Why the one that stood there was set aside; NULL: it was not. */
const char *index_aside(const struct index *);
void index_close(struct index *);

void index_put(struct index *, const struct store_wait *);
void index_remove(struct index *, struct id, uint32_t index);
void index_remove_all(struct index *, struct id); /* every recipient of it */
bool index_has_changes(const struct index *);

void index_take(struct index *);               /* nothing may be taken already */
int index_write(struct index *, struct err *); /* in another thread */
bool
index_is_broken(const struct index *); /* the write that failed will always fail: it is damaged */
void index_written(struct index *, bool stands); /* false: the changes go back */

/* Spans are valid until the next call. */
bool index_get(struct index *, struct id, uint32_t index, struct store_wait *);
bool index_has(struct index *, struct id, uint32_t index);
/* It has it, and will tell when it is due: its time is there too. */
bool index_lines_up(struct index *, struct id, uint32_t index);
/* Any recipient of it is in the database; for other threads. */
bool index_has_written(struct index *, struct id);

/* Records that the database has, from that one on, in order, as they are by now; at most max are looked at. The next of them
 * is where it goes on; false: there are no more. In each() the index may be read and changed. */
bool index_records(struct index *, struct id *from, uint32_t *from_index, unsigned max,
    void (*each)(void *, const struct store_wait *), void *ctx);

/* What is due until then, in order of time, each once: the index remembers how far it told. taken()
 * false: it does not count. Returns how many counted. */
unsigned index_due(struct index *, uint64_t until_ms, unsigned max,
    bool (*taken)(void *, const struct store_wait *), void *ctx);
/* That record is told again when it is due, though it may have been told before. */
void index_due_again(struct index *, struct id, uint32_t index);
uint64_t index_count(struct index *);
