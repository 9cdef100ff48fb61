/* counters_inside.h: the counters as their own files see them: counters.c (opening, places), counters_total.c (by
 * tenant and campaign), counters_share.c (by day).
 *
 *	rows	tenant NUL campaign	a number a kind
 *	seen	tenant NUL campaign	the last day it changed
 *		tenant			how many rows it has
 *	places	a file's name		inode, offset
 *	shares	day, dimension, name	a number a share
 *	sites	a site's name		its provider */
#pragma once

#include "counters.h"
#include "buf.h"

#include <lmdb.h>

struct counters {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi rows, seen, places, shares, sites;
	int failed;                        /* of LMDB, within a transaction */
	uint32_t today;                    /* since 1970 */
	struct tally totals, days, owners; /* of the step that runs */
	uint32_t swept_day;                /* shares */
	uint32_t totals_day;               /* rows: all were looked at on that day */
	struct buf totals_at;              /* where that look goes on */
};

void counters_put(struct counters *, MDB_dbi, struct span key, const void *, size_t);
bool counters_get(struct counters *, MDB_dbi, struct span key, MDB_val *);

/* "(other)" */
extern const struct span counters_other;

/* Before the commit. */
void counters_total_flush(struct counters *);
void counters_share_flush(struct counters *);
