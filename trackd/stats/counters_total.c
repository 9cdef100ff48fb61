/* All there ever was, by tenant and campaign: so many rows a tenant, and not for ever. */
#include "counters_inside.h"

#include <string.h>

enum {
	KEY_MAX = TALLY_KEY_MAX,
	SWEEP_MAX = 2000, /* rows a step is late for: some milliseconds */
	KEY_BYTES = 1024,
};

const struct span counters_other = SPAN_LIT("(other)");

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

/* ---- how many ---- */

static uint64_t
rows_of(struct counters *c, struct span tenant)
{
	uint64_t n = 0;
	MDB_val v;

	if (counters_get(c, c->seen, tenant, &v) && v.mv_size == sizeof(n))
		memcpy(&n, v.mv_data, sizeof(n));
	return n;
}

static void
rows_put(struct counters *c, struct span tenant, uint64_t n)
{
	counters_put(c, c->seen, tenant, &n, sizeof(n));
}

/* A new row of that tenant, unless it has so many, or all together have. */
static bool
is_full(struct counters *c, struct span tenant)
{
	uint64_t n = rows_of(c, tenant);
	MDB_stat all;

	if (n >= COUNTERS_CAMPAIGNS_MAX || mdb_stat(c->txn, c->rows, &all) != 0 ||
	    all.ms_entries >= COUNTERS_ROWS_MAX)
		return true;
	rows_put(c, tenant, n + 1);
	return false;
}

static void
seen_put(struct counters *c, struct span key)
{
	MDB_val v;

	if (counters_get(c, c->seen, key, &v) && v.mv_size == sizeof(c->today) &&
	    memcmp(v.mv_data, &c->today, sizeof(c->today)) == 0)
		return;
	counters_put(c, c->seen, key, &c->today, sizeof(c->today));
}

/* ---- adding ---- */

static void
row_add(struct counters *c, struct span key, const uint64_t n[COUNT_KINDS])
{
	uint64_t row[COUNT_KINDS] = { 0 };
	MDB_val v;

	if (counters_get(c, c->rows, key, &v))
		memcpy(row, v.mv_data, v.mv_size < sizeof(row) ? v.mv_size : sizeof(row));
	for (enum count i = 0; i < COUNT_KINDS; i++)
		row[i] += n[i];
	counters_put(c, c->rows, key, row, sizeof(row));
}

static void
flush(void *ctx, const struct tally_row *t)
{
	struct counters *c = ctx;
	struct span key = tally_key(t), campaign, tenant = span_cut(key, '\0', &campaign);
	char other[KEY_MAX];
	MDB_val v;

	if (campaign.n > 0 && !counters_get(c, c->rows, key, &v) && is_full(c, tenant))
		key = row_key(other, tenant, counters_other);
	row_add(c, key, t->n);
	if (campaign.n > 0)
		seen_put(c, key);
}

/* ---- what nothing happened to for long ---- */

/* It goes into the tenant's "(other)": the tenant's sum stays what it was. */
static void
row_retire(struct counters *c, struct span key)
{
	char name[KEY_BYTES], other[KEY_MAX];
	uint64_t row[COUNT_KINDS] = { 0 }, n;
	struct span tenant, campaign;
	MDB_val k, v;

	memcpy(name, key.p, key.n); /* it lies in a page that is about to change */
	k = (MDB_val){ key.n, name };
	tenant = span_cut(span_of(name, key.n), '\0', &campaign);
	if (!counters_get(c, c->rows, span_of(name, key.n), &v))
		return;
	memcpy(row, v.mv_data, v.mv_size < sizeof(row) ? v.mv_size : sizeof(row));
	row_add(c, row_key(other, tenant, counters_other), row);
	if (c->failed == 0)
		c->failed = mdb_del(c->txn, c->rows, &k, NULL);
	if (c->failed == 0 && (c->failed = mdb_del(c->txn, c->seen, &k, NULL)) == MDB_NOTFOUND)
		c->failed = 0;
	if ((n = rows_of(c, tenant)) > 0)
		rows_put(c, tenant, n - 1);
}

static bool
is_old(struct counters *c, struct span key)
{
	uint32_t day;
	MDB_val v;

	if (!counters_get(c, c->seen, key, &v) || v.mv_size != sizeof(day)) {
		seen_put(c, key); /* of an earlier version: its days begin today */
		return false;
	}
	memcpy(&day, v.mv_data, sizeof(day));
	return day + COUNTERS_DAYS < c->today;
}

/* The next row behind the place; false at the end. */
static bool
row_next(struct counters *c, char name[KEY_BYTES], struct span *key)
{
	struct span from = buf_all(&c->totals_at);
	MDB_val k = { from.n, (void *)from.p }, v;
	MDB_cursor *cursor;
	int r = mdb_cursor_open(c->txn, c->rows, &cursor);

	if (r != 0)
		return false;
	r = mdb_cursor_get(cursor, &k, &v, from.n == 0 ? MDB_FIRST : MDB_SET_RANGE);
	if (r == 0 && from.n > 0 && k.mv_size == from.n && memcmp(k.mv_data, from.p, from.n) == 0)
		r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	if (r == 0 && k.mv_size <= KEY_BYTES) {
		memcpy(name, k.mv_data, k.mv_size);
		*key = span_of(name, k.mv_size);
	} else
		r = MDB_NOTFOUND;
	mdb_cursor_close(cursor);
	return r == 0;
}

/* Some a step, once round a day. */
static void
sweep(struct counters *c)
{
	char name[KEY_BYTES];
	struct span key, campaign;

	c->totals_at.max = KEY_BYTES;
	for (unsigned i = 0; i < SWEEP_MAX && c->failed == 0; i++) {
		if (!row_next(c, name, &key)) {
			buf_reset(&c->totals_at);
			c->totals_day = c->today;
			return;
		}
		buf_reset(&c->totals_at);
		buf_span(&c->totals_at, key);
		(void)span_cut(key, '\0', &campaign);
		if (campaign.n > 0 && !span_eq(campaign, counters_other) && is_old(c, key))
			row_retire(c, key);
	}
}

void
counters_total_flush(struct counters *c)
{
	tally_each(&c->totals, flush, c);
	tally_reset(&c->totals);
	if (c->today > c->totals_day)
		sweep(c);
}

/* ---- asking ---- */

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
