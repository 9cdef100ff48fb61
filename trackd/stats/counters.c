#include "counters_inside.h"
#include "lmdb_check.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char file[] = "counters";

enum { KEY_MAX = TALLY_KEY_MAX };

/* Of address space. All rows there can be take 2 GiB (a million of 600 bytes, and 90 days of 20 000 of 300), and a change needs
 * room beside what it replaces. */
#define MAP_BYTES ((size_t)4 << 30)

_Static_assert((int)COUNT_KINDS <= (int)TALLY_NUMBERS, "a row of the tally is too short");

static const char *const names[COUNT_KINDS] = { "received", "delivered", "deferred", "bounced_hard",
	"bounced_soft", "expired", "suppressed", "dropped", "opened", "clicked", "complaint",
	"unsubscribed", "autoreply", "late_hard", "late_soft", "reply", "returned",
	"opened_machine", "opened_unsure", "clicked_machine", "clicked_unsure" };

const char *
count_name(enum count c)
{
	return names[c];
}

static int
failed(struct err *err, const char *what, int r)
{
	return err_set(err, "%s: %s", what, mdb_strerror(r));
}

static int
tables_open(struct counters *c)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(c->env, NULL, 0, &txn);

	if (r == 0)
		r = mdb_dbi_open(txn, "rows", MDB_CREATE, &c->rows);
	if (r == 0)
		r = mdb_dbi_open(txn, "seen", MDB_CREATE, &c->seen);
	if (r == 0)
		r = mdb_dbi_open(txn, "places", MDB_CREATE, &c->places);
	if (r == 0)
		r = mdb_dbi_open(txn, "shares", MDB_CREATE, &c->shares);
	if (r == 0)
		r = mdb_dbi_open(txn, "sites", MDB_CREATE, &c->sites);
	if (r == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

struct counters *
counters_open(const char *folder, struct err *err)
{
	struct counters *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		fatal("out of memory for the counters");
	r = mdb_env_create(&c->env);
	if (r == 0)
		r = mdb_env_set_maxdbs(c->env, 8);
	if (r == 0)
		r = mdb_env_set_mapsize(c->env, MAP_BYTES);
	if (r == 0) /* a commit waits for no disk; counters_sync() does */
		r = mdb_env_open(c->env, folder, MDB_NOSYNC | MDB_NOTLS, 0600);
	progress("opening the counters");
	if (r == 0)
		r = tables_open(c);
	if (r == 0)
		return c;
	failed(err, folder, r);
	counters_close(c);
	return NULL;
}

int
counters_begin(struct counters *c, uint64_t now_ms, struct err *err)
{
	int r = lmdb_usable(file, mdb_txn_begin(c->env, NULL, 0, &c->txn));

	c->failed = 0;
	c->today = (uint32_t)(now_ms / 86400000);
	return r == 0 ? 0 : failed(err, "begin", r);
}

static void
forget_step(struct counters *c)
{
	tally_reset(&c->totals);
	tally_reset(&c->days);
	tally_reset(&c->owners);
	c->txn = NULL;
}

void
counters_abort(struct counters *c)
{
	mdb_txn_abort(c->txn);
	c->swept_day = 0; /* what a sweep took away is there again */
	c->totals_day = 0;
	forget_step(c);
}

int
counters_commit(struct counters *c, struct err *err)
{
	int r;

	counters_total_flush(c);
	counters_share_flush(c);
	if (lmdb_usable(file, c->failed) != 0) {
		counters_abort(c);
		return failed(err, "write", c->failed);
	}
	r = lmdb_usable(file, mdb_txn_commit(c->txn));
	c->txn = NULL;
	if (r != 0) {
		c->swept_day = c->totals_day = 0;
		return failed(err, "commit", r);
	}
	return 0;
}

int
counters_sync(struct counters *c, struct err *err)
{
	int r = mdb_env_sync(c->env, 1);

	return r == 0 ? 0 : failed(err, "sync", r);
}

void
counters_close(struct counters *c)
{
	mdb_env_close(c->env);
	tally_free(&c->totals);
	tally_free(&c->days);
	tally_free(&c->owners);
	buf_free(&c->totals_at);
	free(c);
}

void
counters_put(struct counters *c, MDB_dbi db, struct span key, const void *p, size_t n)
{
	MDB_val k = { key.n, (void *)key.p }, v = { n, (void *)p };

	if (key.n > 0 && c->failed == 0)
		c->failed = mdb_put(c->txn, db, &k, &v, 0);
}

bool
counters_get(struct counters *c, MDB_dbi db, struct span key, MDB_val *v)
{
	MDB_val k = { key.n, (void *)key.p };
	int r = MDB_NOTFOUND;

	if (key.n > 0 && c->failed == 0)
		r = mdb_get(c->txn, db, &k, v);
	if (r != 0 && r != MDB_NOTFOUND)
		c->failed = r; /* or what is there would be counted from nothing */
	return r == 0;
}

void
counters_place_put(struct counters *c, const char *name, uint64_t inode, uint64_t offset)
{
	uint64_t place[2] = { inode, offset };

	counters_put(c, c->places, span_str(name), place, sizeof(place));
}

void
counters_place(struct counters *c, const char *name, uint64_t *inode, uint64_t *offset)
{
	uint64_t place[2] = { 0, 0 };
	MDB_val v;

	if (counters_get(c, c->places, span_str(name), &v) && v.mv_size == sizeof(place))
		memcpy(place, v.mv_data, sizeof(place));
	*inode = place[0];
	*offset = place[1];
}
