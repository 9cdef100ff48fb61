#include "deliveries.h"
#include "buf.h"
#include "siphash.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKET_HOURS = 6,
	BUCKET_MS = BUCKET_HOURS * 3600 * 1000,
	BUCKETS = (LOOKUP_DAYS + 1) * 24 / BUCKET_HOURS,
	SLOTS = BUCKETS + 4, /* those that are about to be dropped, and clocks that differ */
	ROW_BYTES = 2048,
	FIELD_MAX = 400,
	CANDIDATES = 8,    /* messages with the same Message-ID that are looked at */
	SCAN_MAX = 100000, /* recipients of a message that are looked through */
	SLACK_BYTES = 256 << 20,
};

/* Two tables: rows by message id, and message ids by the hash of their Message-ID. */
struct bucket {
	uint32_t number; /* 0: free */
	bool fresh;      /* made in the transaction that runs */
	MDB_dbi rows, names;
};

struct deliveries {
	MDB_env *env;
	MDB_txn *txn;
	uint64_t max_bytes;
	uint32_t now; /* bucket */
	int failed;   /* of LMDB, within a transaction */
	struct siphash_key key;
	struct bucket buckets[SLOTS];
};

static const char *const ends[] = { "", "delivered", "bounced", "expired", "suppressed",
	"dropped" };

static int
failed(struct err *err, const char *what, int r)
{
	return err_set(err, "%s: %s", what, mdb_strerror(r));
}

static uint32_t
bucket_of(uint64_t ms)
{
	return (uint32_t)(ms / BUCKET_MS);
}

/* ---- opening ---- */

static int
table_open(MDB_txn *txn, char letter, uint32_t number, unsigned flags, MDB_dbi *dbi)
{
	char name[16];

	snprintf(name, sizeof(name), "%c%08x", letter, number);
	return mdb_dbi_open(txn, name, flags, dbi);
}

static int
bucket_open(MDB_txn *txn, struct bucket *b, uint32_t number, unsigned flags)
{
	int r = table_open(txn, 'r', number, flags, &b->rows);

	if (r == 0)
		r = table_open(txn, 'n', number, flags, &b->names);
	if (r == 0)
		b->number = number;
	return r;
}

static struct bucket *
slot(struct deliveries *d, uint32_t number)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (d->buckets[i].number == number)
			return &d->buckets[i];
	return NULL;
}

/* The names of the tables are the keys of the unnamed one. */
static int
buckets_open(struct deliveries *d, MDB_txn *txn)
{
	MDB_dbi all;
	MDB_cursor *cursor;
	MDB_val k, v;
	uint32_t numbers[SLOTS];
	unsigned n = 0;
	int r = mdb_dbi_open(txn, NULL, 0, &all);

	if (r == 0)
		r = mdb_cursor_open(txn, all, &cursor);
	if (r != 0)
		return r;
	while (n < SLOTS && mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		if (k.mv_size == 9 && *(char *)k.mv_data == 'r') {
			char hex[9] = "";

			memcpy(hex, (char *)k.mv_data + 1, 8);
			numbers[n++] = (uint32_t)strtoul(hex, NULL, 16);
		}
	mdb_cursor_close(cursor);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = bucket_open(txn, &d->buckets[i], numbers[i], MDB_CREATE);
	return r;
}

static int
tables_open(struct deliveries *d)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(d->env, NULL, 0, &txn);

	if (r != 0)
		return r;
	r = buckets_open(d, txn);
	if (r == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

struct deliveries *
deliveries_open(const char *folder, uint64_t max_bytes, struct err *err)
{
	struct deliveries *d = calloc(1, sizeof(*d));
	char path[4096];
	int r;

	if (d == NULL)
		fatal("out of memory for the index of deliveries");
	d->max_bytes = max_bytes;
	d->key = (struct siphash_key){ 0x64656c6976657279, 0x706f7374686f7573 };
	snprintf(path, sizeof(path), "%s/deliveries.mdb", folder);
	r = mdb_env_create(&d->env);
	if (r == 0)
		r = mdb_env_set_maxdbs(d->env, 2 * SLOTS + 2);
	if (r == 0) /* dropping needs room too */
		r = mdb_env_set_mapsize(d->env, max_bytes + max_bytes / 2 + SLACK_BYTES);
	if (r == 0)
		r = mdb_env_open(
		    d->env, path, MDB_NOSUBDIR | MDB_NOMETASYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (r == 0)
		r = tables_open(d);
	if (r == 0)
		return d;
	failed(err, path, r);
	deliveries_close(d);
	return NULL;
}

void
deliveries_close(struct deliveries *d)
{
	mdb_env_close(d->env);
	free(d);
}

/* ---- what is too old, or too much ---- */

static uint64_t
pages_of(const struct deliveries *d, MDB_dbi dbi)
{
	MDB_stat s;

	if (mdb_stat(d->txn, dbi, &s) != 0)
		return 0;
	return s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages;
}

static uint64_t
bytes_used(const struct deliveries *d)
{
	uint64_t pages = 0;
	MDB_stat s;

	for (unsigned i = 0; i < SLOTS; i++)
		if (d->buckets[i].number != 0)
			pages += pages_of(d, d->buckets[i].rows) + pages_of(d, d->buckets[i].names);
	return mdb_env_stat(d->env, &s) == 0 ? pages * s.ms_psize : 0;
}

static struct bucket *
oldest(struct deliveries *d)
{
	struct bucket *found = NULL;

	for (unsigned i = 0; i < SLOTS; i++)
		if (d->buckets[i].number != 0 &&
		    (found == NULL || d->buckets[i].number < found->number))
			found = &d->buckets[i];
	return found;
}

static int
bucket_drop(struct deliveries *d, struct bucket *b)
{
	int r = mdb_drop(d->txn, b->rows, 1);

	if (r == 0)
		r = mdb_drop(d->txn, b->names, 1);
	b->number = 0;
	return r;
}

static bool
is_surplus(const struct deliveries *d, const struct bucket *b)
{
	return b != NULL && (b->number + BUCKETS < d->now || bytes_used(d) > d->max_bytes);
}

int
deliveries_begin(struct deliveries *d, uint64_t now_ms, struct err *err)
{
	struct bucket *b;
	int r = mdb_txn_begin(d->env, NULL, 0, &d->txn);

	d->now = bucket_of(now_ms);
	d->failed = 0;
	while (r == 0 && is_surplus(d, b = oldest(d)))
		r = bucket_drop(d, b);
	if (r == 0)
		return 0;
	mdb_txn_abort(d->txn);
	d->txn = NULL;
	return failed(err, "index of deliveries", r);
}

int
deliveries_commit(struct deliveries *d, struct err *err)
{
	int r = d->failed;

	if (r == 0)
		r = mdb_txn_commit(d->txn);
	else
		mdb_txn_abort(d->txn);
	d->txn = NULL;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (d->buckets[i].fresh && r != 0) /* its tables went with the transaction */
			d->buckets[i].number = 0;
		d->buckets[i].fresh = false;
	}
	return r == 0 ? 0 : failed(err, "index of deliveries", r);
}

/* Of a message's time; opened if it is new. NULL: too old or of the future. */
static struct bucket *
bucket_for(struct deliveries *d, struct id message)
{
	uint32_t number = bucket_of(id_time_ms(message));
	struct bucket *b;

	if (number == 0 || number + BUCKETS < d->now || number > d->now + 1)
		return NULL;
	b = slot(d, number);
	if (b != NULL)
		return b;
	b = slot(d, 0);
	if (b == NULL)
		return NULL;
	b->fresh = true;
	d->failed = bucket_open(d->txn, b, number, MDB_CREATE);
	return d->failed == 0 ? b : NULL;
}

/* ---- rows ---- */

enum { KEY_MESSAGE = ID_BYTES + 1, KEY_END = ID_BYTES + 5, KEY_NAME = 8 + ID_BYTES };

static void
key_message(uint8_t key[KEY_MESSAGE], struct id id)
{
	memcpy(key, id.b, ID_BYTES);
	key[ID_BYTES] = 'm';
}

static void
key_end(uint8_t key[KEY_END], struct id id, uint32_t index)
{
	memcpy(key, id.b, ID_BYTES);
	key[ID_BYTES] = 'r';
	for (int i = 0; i < 4; i++)
		key[ID_BYTES + 1 + i] = (uint8_t)(index >> (24 - 8 * i));
}

static uint32_t
end_index(const MDB_val *k)
{
	const uint8_t *p = (const uint8_t *)k->mv_data + ID_BYTES + 1;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Without <>, which some reports leave off; the rest counts byte for byte (RFC 5322 3.6.4). */
static void
name_hash(const struct deliveries *d, struct span name, uint8_t out[8])
{
	uint64_t h;

	name = span_trim(name);
	if (name.n >= 2 && name.p[0] == '<' && name.p[name.n - 1] == '>')
		name = span_of(name.p + 1, name.n - 2);
	h = siphash(&d->key, name);
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(h >> (56 - 8 * i));
}

static void
put(struct deliveries *d, MDB_dbi dbi, const uint8_t *key, size_t n, struct span value)
{
	MDB_val k = { n, (void *)key }, v = { value.n, (void *)value.p };

	if (d->failed == 0)
		d->failed = mdb_put(d->txn, dbi, &k, &v, 0);
}

static void
field_put(struct buf *b, struct span s)
{
	s = span_first(s, FIELD_MAX);
	buf_byte(b, (char)(s.n >> 8));
	buf_byte(b, (char)s.n);
	buf_span(b, s);
}

static struct span
field_get(struct span *rest)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	size_t n;
	struct span s;

	if (rest->n < 2)
		return span_of(NULL, 0);
	n = (size_t)p[0] << 8 | p[1];
	s = span_first(span_from(*rest, 2), n);
	*rest = span_from(*rest, 2 + n);
	return s;
}

void
deliveries_message_put(struct deliveries *d, const struct delivered_message *m)
{
	static struct buf row = { .max = ROW_BYTES };
	struct bucket *b = d->failed == 0 ? bucket_for(d, m->id) : NULL;
	uint8_t key[KEY_MESSAGE], name[KEY_NAME];

	if (b == NULL)
		return;
	buf_reset(&row);
	field_put(&row, m->tenant);
	field_put(&row, m->campaign);
	field_put(&row, m->from);
	key_message(key, m->id);
	put(d, b->rows, key, sizeof(key), buf_all(&row));
	if (m->message_id.n == 0)
		return;
	name_hash(d, m->message_id, name);
	memcpy(name + 8, m->id.b, ID_BYTES);
	put(d, b->names, name, sizeof(name), span_of("", 0));
}

void
deliveries_end_put(struct deliveries *d, const struct delivered_end *e)
{
	static struct buf row = { .max = ROW_BYTES };
	struct bucket *b = d->failed == 0 ? bucket_for(d, e->message) : NULL;
	uint8_t key[KEY_END];
	char ended = 0;

	if (b == NULL)
		return;
	for (unsigned i = 1; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span_is(e->ended, ends[i]))
			ended = (char)i;
	buf_reset(&row);
	buf_byte(&row, ended);
	buf_span(&row, span_of((const char *)e->event.b, ID_BYTES));
	field_put(&row, e->recipient);
	field_put(&row, e->source);
	field_put(&row, e->site);
	key_end(key, e->message, e->index);
	put(d, b->rows, key, sizeof(key), buf_all(&row));
}

/* ---- looking up ---- */

struct search {
	struct deliveries *d;
	MDB_txn *txn;
	struct arena *arena;
	struct lookup_found *found;
};

static bool
message_read(struct search *s, const struct bucket *b, struct id id)
{
	uint8_t key[KEY_MESSAGE];
	MDB_val k = { sizeof(key), key }, v;
	struct span row;

	key_message(key, id);
	if (mdb_get(s->txn, b->rows, &k, &v) != 0)
		return false;
	row = span_of(v.mv_data, v.mv_size);
	s->found->found = true;
	s->found->message = id;
	s->found->tenant = arena_span(s->arena, field_get(&row));
	s->found->campaign = arena_span(s->arena, field_get(&row));
	s->found->from = arena_span(s->arena, field_get(&row));
	return true;
}

static struct span
end_recipient(const MDB_val *v)
{
	struct span row = span_from(span_of(v->mv_data, v->mv_size), 1 + ID_BYTES);

	return field_get(&row);
}

static void
end_read(struct search *s, const MDB_val *k, const MDB_val *v)
{
	struct span row = span_of(v->mv_data, v->mv_size);
	unsigned ended;

	if (row.n < 1 + ID_BYTES || k->mv_size != KEY_END)
		return;
	ended = (uint8_t)row.p[0];
	s->found->index = end_index(k);
	s->found->ended = span_str(ended < sizeof(ends) / sizeof(ends[0]) ? ends[ended] : ends[0]);
	memcpy(s->found->event.b, row.p + 1, ID_BYTES);
	s->found->time_ms = id_time_ms(s->found->event);
	row = span_from(row, 1 + ID_BYTES);
	s->found->recipient = arena_span(s->arena, field_get(&row));
	s->found->source = arena_span(s->arena, field_get(&row));
	s->found->site = arena_span(s->arena, field_get(&row));
}

/* The recipient with that number. */
static void
end_by_index(struct search *s, const struct bucket *b, struct id id, uint32_t index)
{
	uint8_t key[KEY_END];
	MDB_val k = { sizeof(key), key }, v;

	key_end(key, id, index);
	if (mdb_get(s->txn, b->rows, &k, &v) == 0)
		end_read(s, &k, &v);
}

/* The recipient with that address. */
static void
end_by_address(struct search *s, const struct bucket *b, struct id id, struct span address)
{
	uint8_t key[KEY_END];
	MDB_val k = { sizeof(key), key }, v;
	MDB_cursor *cursor;
	unsigned seen = 0;
	bool hit = false;

	key_end(key, id, 0);
	if (mdb_cursor_open(s->txn, b->rows, &cursor) != 0)
		return;
	for (int r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	     r == 0 && !hit && seen++ < SCAN_MAX && k.mv_size == KEY_END &&
	     memcmp(k.mv_data, id.b, ID_BYTES) == 0;
	     r = hit ? 0 : mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
		if (span_eq_nocase(end_recipient(&v), address)) {
			end_read(s, &k, &v);
			hit = true;
		}
	mdb_cursor_close(cursor);
}

static bool
by_message(struct search *s, const struct lookup_ask *a, struct id id)
{
	const struct bucket *b = slot(s->d, bucket_of(id_time_ms(id)));

	if (b == NULL || b->number == 0 || !message_read(s, b, id))
		return false;
	s->found->index = UINT32_MAX;
	if (a->has_message && a->index != UINT32_MAX)
		end_by_index(s, b, id, a->index);
	else if (a->address.n > 0)
		end_by_address(s, b, id, a->address);
	return true;
}

/* Messages of that Message-ID in a bucket, at most CANDIDATES. */
static unsigned
candidates(
    struct search *s, const struct bucket *b, const uint8_t hash[8], struct id out[CANDIDATES])
{
	uint8_t key[KEY_NAME] = { 0 };
	MDB_val k = { sizeof(key), key }, v;
	MDB_cursor *cursor;
	unsigned n = 0;

	memcpy(key, hash, 8);
	if (mdb_cursor_open(s->txn, b->names, &cursor) != 0)
		return 0;
	for (int r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	     r == 0 && n < CANDIDATES && k.mv_size == KEY_NAME && memcmp(k.mv_data, hash, 8) == 0;
	     r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
		memcpy(out[n++].b, (uint8_t *)k.mv_data + 8, ID_BYTES);
	mdb_cursor_close(cursor);
	return n;
}

/* The newest first: a Message-ID that was used twice means the later mail, mostly. */
static void
by_name(struct search *s, const struct lookup_ask *a)
{
	uint32_t below = UINT32_MAX;
	uint8_t hash[8];

	name_hash(s->d, a->message_id, hash);
	for (;;) {
		const struct bucket *b = NULL;
		struct id ids[CANDIDATES];
		unsigned n;

		for (unsigned i = 0; i < SLOTS; i++)
			if (s->d->buckets[i].number != 0 && s->d->buckets[i].number < below &&
			    (b == NULL || s->d->buckets[i].number > b->number))
				b = &s->d->buckets[i];
		if (b == NULL)
			return;
		below = b->number;
		n = candidates(s, b, hash, ids);
		while (n-- > 0)
			if (by_message(s, a, ids[n]) &&
			    (a->address.n == 0 || s->found->recipient.n > 0))
				return;
	}
}

void
deliveries_find(struct deliveries *d, const struct lookup_ask *a, struct lookup_found *found,
    struct arena *arena)
{
	struct search s = { .d = d, .arena = arena, .found = found };

	*found = (struct lookup_found){ .job = a->job, .index = UINT32_MAX };
	if (mdb_txn_begin(d->env, NULL, MDB_RDONLY, &s.txn) != 0)
		return;
	if (a->has_message)
		(void)by_message(&s, a, a->message);
	else if (a->message_id.n > 0)
		by_name(&s, a);
	mdb_txn_abort(s.txn);
}

struct span
deliveries_campaign(struct deliveries *d, struct id message, char out[256])
{
	const struct bucket *b = slot(d, bucket_of(id_time_ms(message)));
	uint8_t key[KEY_MESSAGE];
	MDB_val k = { sizeof(key), key }, v;
	struct span row, campaign;

	key_message(key, message);
	if (b == NULL || b->number == 0 || d->txn == NULL || d->failed != 0 ||
	    mdb_get(d->txn, b->rows, &k, &v) != 0)
		return span_of(NULL, 0);
	row = span_of(v.mv_data, v.mv_size);
	(void)field_get(&row);
	campaign = span_first(field_get(&row), 256);
	if (campaign.n > 0)
		memcpy(out, campaign.p, campaign.n);
	return span_of(out, campaign.n);
}

/* ---- forgetting ---- */

static int
bucket_forget(struct deliveries *d, const struct bucket *b, struct span address, int *n)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	int r = mdb_cursor_open(d->txn, b->rows, &cursor);

	if (r != 0)
		return r;
	while (r == 0 && mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		if (k.mv_size == KEY_END && span_eq_nocase(end_recipient(&v), address)) {
			r = mdb_cursor_del(cursor, 0);
			++*n;
		}
	mdb_cursor_close(cursor);
	return r;
}

int
deliveries_forget(struct deliveries *d, struct span address, uint32_t *bucket, struct err *err)
{
	const struct bucket *next = NULL;
	int n = 0, r;

	for (unsigned i = 0; i < SLOTS; i++)
		if (d->buckets[i].number > *bucket &&
		    (next == NULL || d->buckets[i].number < next->number))
			next = &d->buckets[i];
	*bucket = next == NULL ? 0 : next->number;
	if (next == NULL)
		return 0;
	r = mdb_txn_begin(d->env, NULL, 0, &d->txn);
	if (r == 0) {
		d->failed = bucket_forget(d, next, address, &n);
		r = deliveries_commit(d, err) == -1 ? -1 : 0;
	} else
		failed(err, "index of deliveries", r);
	return r == 0 ? n : -1;
}
