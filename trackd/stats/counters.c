#include "counters_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_BYTES = 1024 * 1024 * 1024, KEY_MAX = TALLY_KEY_MAX };

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
		r = mdb_dbi_open(txn, "places", MDB_CREATE, &c->places);
	if (r == 0)
		r = mdb_dbi_open(txn, "shares", MDB_CREATE, &c->shares);
	if (r == 0)
		r = mdb_dbi_open(txn, "sites", MDB_CREATE, &c->sites);
	return r == 0 ? mdb_txn_commit(txn) : r;
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
	if (r ==
	    0) /* a power cut may cost the last seconds of counting, which the files still tell */
		r = mdb_env_open(c->env, folder, MDB_NOMETASYNC | MDB_NOTLS, 0600);
	if (r == 0)
		r = tables_open(c);
	if (r == 0)
		return c;
	failed(err, folder, r);
	free(c);
	return NULL;
}

int
counters_begin(struct counters *c, struct err *err)
{
	int r = mdb_txn_begin(c->env, NULL, 0, &c->txn);

	return r == 0 ? 0 : failed(err, "begin", r);
}

static void
total_flush(void *ctx, const struct tally_row *t)
{
	struct counters *c = ctx;
	uint64_t row[COUNT_KINDS] = { 0 };
	MDB_val v;

	if (counters_get(c, c->rows, tally_key(t), &v))
		memcpy(row, v.mv_data, v.mv_size < sizeof(row) ? v.mv_size : sizeof(row));
	for (enum count i = 0; i < COUNT_KINDS; i++)
		row[i] += t->n[i];
	counters_put(c, c->rows, tally_key(t), row, sizeof(row));
}

int
counters_commit(struct counters *c, struct err *err)
{
	int r;

	tally_each(&c->totals, total_flush, c);
	tally_reset(&c->totals);
	counters_share_flush(c);
	r = mdb_txn_commit(c->txn);
	c->txn = NULL;
	return r == 0 ? 0 : failed(err, "commit", r);
}

void
counters_close(struct counters *c)
{
	mdb_env_close(c->env);
	tally_free(&c->totals);
	tally_free(&c->days);
	tally_free(&c->owners);
	free(c);
}

void
counters_put(struct counters *c, MDB_dbi db, struct span key, const void *p, size_t n)
{
	MDB_val k = { key.n, (void *)key.p }, v = { n, (void *)p };

	if (key.n > 0)
		(void)mdb_put(c->txn, db, &k, &v, 0);
}

bool
counters_get(struct counters *c, MDB_dbi db, struct span key, MDB_val *v)
{
	MDB_val k = { key.n, (void *)key.p };

	return key.n > 0 && mdb_get(c->txn, db, &k, v) == 0;
}

/* tenant NUL campaign: no name has a NUL, so the order is by tenant first. */
static struct span
row_key(char out[KEY_MAX], struct span tenant, struct span campaign)
{
	tenant = span_first(tenant, KEY_MAX / 2 - 1);
	campaign = span_first(campaign, KEY_MAX / 2 - 1);
	if (tenant.n > 0)
		memcpy(out, tenant.p, tenant.n);
	out[tenant.n] = '\0';
	if (campaign.n > 0)
		memcpy(out + tenant.n + 1, campaign.p, campaign.n);
	return span_of(out, tenant.n + 1 + campaign.n);
}

void
counters_add(
    struct counters *c, struct span tenant, struct span campaign, enum count what, int64_t n)
{
	char key[KEY_MAX];

	tally_at(&c->totals, row_key(key, tenant, campaign))->n[what] += (uint64_t)n;
}

void
counters_place_put(struct counters *c, const char *file, uint64_t inode, uint64_t offset)
{
	uint64_t place[2] = { inode, offset };

	counters_put(c, c->places, span_str(file), place, sizeof(place));
}

void
counters_place(struct counters *c, const char *file, uint64_t *inode, uint64_t *offset)
{
	uint64_t place[2] = { 0, 0 };
	MDB_val v;

	if (counters_get(c, c->places, span_str(file), &v) && v.mv_size == sizeof(place))
		memcpy(place, v.mv_data, sizeof(place));
	*inode = place[0];
	*offset = place[1];
}

static void
row_tell(const MDB_val *k, const MDB_val *v,
    void (*each)(void *, struct span, struct span, const uint64_t[COUNT_KINDS]), void *ctx)
{
	struct span tenant, campaign, key = span_of(k->mv_data, k->mv_size);
	uint64_t row[COUNT_KINDS] = { 0 };

	memcpy(row, v->mv_data, v->mv_size < sizeof(row) ? v->mv_size : sizeof(row));
	tenant = span_cut(key, '\0', &campaign);
	each(ctx, tenant, campaign, row);
}

void
counters_each(struct counters *c,
    void (*each)(void *, struct span, struct span, const uint64_t[COUNT_KINDS]), void *ctx)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_val k, v;

	if (mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	if (mdb_cursor_open(txn, c->rows, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
			row_tell(&k, &v, each, ctx);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
}
