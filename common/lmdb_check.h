/* lmdb_check.h: an LMDB file is looked at before it is used, and set aside where it is damaged.
 *
 * LMDB reads its file through a map and believes what it finds: a file that was cut short ends the process by SIGBUS, a bad page
 * by an abort or worse. So a child reads all of it first, and only the child dies of it: every table's keys go up, there are
 * as many as it says, a search finds each, every value and free page lies in the file. What is so read can be opened; what
 * somebody changed within a value is not seen.
 *
 * Before a sandbox is entered, and before there are threads. */
#pragma once

#include "err.h"

enum lmdb_state {
	LMDB_FINE,
	LMDB_NONE, /* there is no such file */
	LMDB_DAMAGED,
};

/* path: of the file itself, with or without a folder of its own. budget_ms: after that time it is taken for fine as far as it was read;
 * 0: all of it is read. DAMAGED: why says what was seen. */
enum lmdb_state lmdb_check(const char *path, unsigned budget_ms, struct err *why);

/* Of a call for a file that is in use: what no second try mends (an environment that failed in its own commit, a damaged page) ends
 * the process, and its next start looks at the file. Anything else comes back as it is. */
int lmdb_usable(const char *file, int rc);

/* Renames a file to "path.damaged"; one that stands there to "path.damaged.1", over what stands there: two are kept. 0 too,
 * and nothing changes, where there is none. -1: err. */
int lmdb_set_aside(const char *path, struct err *);

/* An event "admin" that says so (event.h). */
struct buf;
void lmdb_event_put(struct buf *out, const char *path, const char *why);
