/* counters_inside.h: the counters as their own files see them: counters.c (totals, places), counters_share.c (by day). */
#pragma once

#include "counters.h"

#include <lmdb.h>

struct counters {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi rows, places, shares, sites;
	struct tally totals, days, owners; /* of the step that runs */
	uint32_t swept_day;
};

void counters_put(struct counters *, MDB_dbi, struct span key, const void *, size_t);
bool counters_get(struct counters *, MDB_dbi, struct span key, MDB_val *);

/* Before the commit. */
void counters_share_flush(struct counters *);
