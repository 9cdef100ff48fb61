/* index.h: what waits, by time and by message, in LMDB; the only user of that database.
 *
 * Loop's thread reads; changes are gathered there and written, durably, in the checkpoint thread as one transaction a step.
 * The index can be rebuilt from the files: losing it costs retry times. */
#pragma once

#include "store.h"

struct index;

struct index *index_open(const char *folder, struct err *); /* before the sandbox */

/* Gathered until the next step. */
void index_put(struct index *, const struct store_wait *);
void index_remove(struct index *, struct id, uint32_t index);
void index_remove_all(struct index *, struct id); /* every recipient of it */
/* Takes what was gathered, for index_write() in another thread; NULL: nothing gathered. */
struct index_changes *index_take(struct index *);
int index_write(struct index *, struct index_changes *, struct err *); /* frees the changes */

bool index_get(struct index *, struct id, uint32_t index, struct store_wait *);
bool index_has(struct index *, struct id); /* any recipient of it */
unsigned index_due(struct index *, uint64_t until_ms, unsigned max,
    void (*due)(void *, const struct store_wait *), void *ctx);
uint64_t index_count(struct index *);
