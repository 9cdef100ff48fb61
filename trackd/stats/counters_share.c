#include "counters_inside.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 200, KEY_HEAD = 3, SWEEP_MAX = 20000 };

_Static_assert((int)SHARE_KINDS <= (int)TALLY_NUMBERS, "a row of the tally is too short");

static const char *const names[SHARE_KINDS] = { "delivered", "hard", "soft", "deferred", "late",
	"complaints" };
static const char *const dimensions[DIMENSIONS] = { "tenant", "campaign", "site", "source",
	"provider", "category" };

const char *
share_name(enum share s)
{
	return names[s];
}

int
dimension_of(struct span word)
{
	for (int i = 0; i < DIMENSIONS; i++)
		if (span_is(word, dimensions[i]))
			return i;
	return -1;
}

/* Day, two bytes; dimension; name. */
static struct span
key_of(char out[KEY_HEAD + NAME_MAX_BYTES], uint32_t day, enum dimension d, struct span name)
{
	name = span_first(name, NAME_MAX_BYTES);
	out[0] = (char)(day >> 8);
	out[1] = (char)day;
	out[2] = (char)d;
	if (name.n > 0)
		memcpy(out + KEY_HEAD, name.p, name.n);
	return span_of(out, KEY_HEAD + name.n);
}

static uint32_t
day_of(const MDB_val *k)
{
	const uint8_t *p = k->mv_data;

	return (uint32_t)p[0] << 8 | p[1];
}

/* ---- counting ---- */

void
counters_share(
    struct counters *c, uint32_t day, enum dimension d, struct span name, enum share what)
{
	char key[KEY_HEAD + NAME_MAX_BYTES];

	tally_at(&c->days, key_of(key, day, d, name))->n[what]++;
}

void
counters_site_is(struct counters *c, struct span site, struct span provider)
{
	char key[TALLY_KEY_MAX];
	int n = snprintf(key, sizeof(key), "%.*s%c%.*s", SPAN(span_first(site, 255)), '\0',
	    SPAN(span_first(provider, 100)));

	if (site.n > 0 && provider.n > 0)
		tally_at(&c->owners, span_of(key, (size_t)n));
}

/* How many names a day has in a dimension (of: a tenant's alone); kept under names that begin with NUL, as nobody's does. */
static struct span
number_key(char out[KEY_HEAD + NAME_MAX_BYTES], struct span key, struct span of)
{
	of = span_first(of, NAME_MAX_BYTES - 1);
	memcpy(out, key.p, KEY_HEAD);
	out[KEY_HEAD] = '\0';
	if (of.n > 0)
		memcpy(out + KEY_HEAD + 1, of.p, of.n);
	return span_of(out, KEY_HEAD + 1 + of.n);
}

static uint64_t
number_get(struct counters *c, struct span at)
{
	uint64_t n = 0;
	MDB_val v;

	if (counters_get(c, c->shares, at, &v) && v.mv_size == sizeof(n))
		memcpy(&n, v.mv_data, sizeof(n));
	return n;
}

static void
number_put(struct counters *c, struct span at, uint64_t n)
{
	counters_put(c, c->shares, at, &n, sizeof(n));
}

/* "tenant" of "tenant/campaign"; empty in the other dimensions. */
static struct span
tenant_of(struct span key)
{
	struct span campaign;

	return (enum dimension)key.p[2] == BY_CAMPAIGN
		   ? span_cut(span_from(key, KEY_HEAD), '/', &campaign)
		   : span_of(NULL, 0);
}

/* A new name, unless the day has so many; of campaigns, unless the tenant has. */
static bool
is_full(struct counters *c, struct span key, struct span tenant)
{
	char all[KEY_HEAD + NAME_MAX_BYTES], own[KEY_HEAD + NAME_MAX_BYTES];
	struct span all_at = number_key(all, key, span_of(NULL, 0)),
		    own_at = number_key(own, key, tenant);
	uint64_t n = number_get(c, all_at), owned = tenant.n > 0 ? number_get(c, own_at) : 0;

	if (n >= (tenant.n > 0 ? COUNTERS_DAY_CAMPAIGNS_MAX : COUNTERS_NAMES_MAX) ||
	    owned >= COUNTERS_TENANT_NAMES_MAX)
		return true;
	number_put(c, all_at, n + 1);
	if (tenant.n > 0)
		number_put(c, own_at, owned + 1);
	return false;
}

/* "(other)", of campaigns "tenant/(other)". */
static struct span
other_key(char out[KEY_HEAD + NAME_MAX_BYTES], struct span key, struct span tenant)
{
	char name[NAME_MAX_BYTES];
	struct buf b = { .p = name, .cap = sizeof(name), .max = sizeof(name) };

	if (tenant.n > 0) {
		buf_span(&b, span_first(tenant, NAME_MAX_BYTES / 2));
		buf_byte(&b, '/');
	}
	buf_span(&b, counters_other);
	return key_of(out, (uint32_t)(uint8_t)key.p[0] << 8 | (uint8_t)key.p[1],
	    (enum dimension)key.p[2], buf_all(&b));
}

static void
day_flush(void *ctx, const struct tally_row *t)
{
	char spare[KEY_HEAD + NAME_MAX_BYTES];
	struct counters *c = ctx;
	struct span key = tally_key(t), tenant = tenant_of(key);
	uint64_t row[SHARE_KINDS] = { 0 };
	MDB_val v;

	if (!counters_get(c, c->shares, key, &v) && is_full(c, key, tenant))
		key = other_key(spare, key, tenant);
	if (counters_get(c, c->shares, key, &v))
		memcpy(row, v.mv_data, v.mv_size < sizeof(row) ? v.mv_size : sizeof(row));
	for (enum share i = 0; i < SHARE_KINDS; i++)
		row[i] += t->n[i];
	counters_put(c, c->shares, key, row, sizeof(row));
}

static void
owner_flush(void *ctx, const struct tally_row *t)
{
	struct counters *c = ctx;
	struct span provider, site = span_cut(tally_key(t), '\0', &provider);
	MDB_stat s;
	MDB_val v;

	if (counters_get(c, c->sites, site, &v)) {
		if (span_eq(span_of(v.mv_data, v.mv_size), provider))
			return;
	} else if (mdb_stat(c->txn, c->sites, &s) != 0 || s.ms_entries >= COUNTERS_SITES_MAX)
		return;
	counters_put(c, c->sites, site, provider.p, provider.n);
}

/* Days that nobody asks for any more, some at a time. */
static void
sweep(struct counters *c, uint32_t today)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	unsigned n = 0;

	if (today <= COUNTERS_DAYS || mdb_cursor_open(c->txn, c->shares, &cursor) != 0)
		return;
	while (n < SWEEP_MAX && mdb_cursor_get(cursor, &k, &v, MDB_FIRST) == 0 &&
	       day_of(&k) + COUNTERS_DAYS < today && mdb_cursor_del(cursor, 0) == 0)
		n++;
	mdb_cursor_close(cursor);
	if (n < SWEEP_MAX)
		c->swept_day = today;
}

static void
latest_day(void *ctx, const struct tally_row *t)
{
	uint32_t *latest = ctx, day = (uint32_t)(uint8_t)t->key[0] << 8 | (uint8_t)t->key[1];

	if (day > *latest)
		*latest = day;
}

void
counters_share_flush(struct counters *c)
{
	uint32_t today = 0;

	tally_each(&c->days, latest_day, &today);
	tally_each(&c->days, day_flush, c);
	tally_each(&c->owners, owner_flush, c);
	tally_reset(&c->days);
	tally_reset(&c->owners);
	if (today > c->today) /* an event that is dated years ahead takes nothing away */
		today = c->today;
	if (today > c->swept_day)
		sweep(c, today);
}

/* ---- asking ---- */

struct summing {
	struct counters *c;
	MDB_txn *txn;
	enum dimension by;
	struct tally *out;
};

static void
row_sum(struct tally_row *to, const MDB_val *v)
{
	uint64_t row[SHARE_KINDS] = { 0 };

	memcpy(row, v->mv_data, v->mv_size < sizeof(row) ? v->mv_size : sizeof(row));
	for (enum share i = 0; i < SHARE_KINDS; i++)
		to->n[i] += row[i];
}

static struct span
owner_of(struct summing *s, struct span site)
{
	MDB_val k = { site.n, (void *)site.p }, v;

	if (site.n == 0 || mdb_get(s->txn, s->c->sites, &k, &v) != 0)
		return span_of(NULL, 0);
	return span_of(v.mv_data, v.mv_size);
}

/* What was delivered to a site was delivered to its provider, also before a reply told whose it is. */
static void
row_take(struct summing *s, const MDB_val *k, const MDB_val *v)
{
	enum dimension d = (enum dimension)((uint8_t *)k->mv_data)[2];
	struct span name = span_from(span_of(k->mv_data, k->mv_size), KEY_HEAD);

	if (name.n > 0 && name.p[0] == '\0')
		return;
	if (d == s->by)
		row_sum(tally_at(s->out, name), v);
	else if (s->by == BY_PROVIDER && d == BY_SITE && v->mv_size >= sizeof(uint64_t)) {
		uint64_t delivered;

		memcpy(&delivered, v->mv_data, sizeof(delivered));
		tally_at(s->out, owner_of(s, name))->n[SHARE_DELIVERED] += delivered;
	}
}

void
counters_shares(struct counters *c, enum dimension by, uint32_t from_day, struct tally *out)
{
	struct summing s = { .c = c, .by = by, .out = out };
	char key[KEY_HEAD + NAME_MAX_BYTES];
	struct span from = key_of(key, from_day, 0, span_of(NULL, 0));
	MDB_val k = { from.n, (void *)from.p }, v;
	MDB_cursor *cursor;

	if (mdb_txn_begin(c->env, NULL, MDB_RDONLY, &s.txn) != 0)
		return;
	if (mdb_cursor_open(s.txn, c->shares, &cursor) == 0) {
		for (int r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE); r == 0;
		     r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
			row_take(&s, &k, &v);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(s.txn);
}
