#include "deliveries_inside.h"
#include "lmdb_check.h"
#include "buf.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROW_BYTES = 2048,
	FIELD_MAX = 400,
	SLACK_BYTES = 256 << 20,
};

const char *const delivery_ends[6] = { "", "delivered", "bounced", "expired", "suppressed",
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

struct bucket *
deliveries_bucket(struct deliveries *d, struct id message)
{
	uint32_t number = bucket_of(id_time_ms(message));

	return number == 0 ? NULL : slot(d, number);
}

/* The names of the tables are the keys of the unnamed one. Those that are not open yet are from here on. */
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
	for (unsigned i = 0; r == 0 && i < n; i++) {
		struct bucket *b = slot(d, numbers[i]) == NULL ? slot(d, 0) : NULL;

		if (b == NULL)
			continue;
		b->fresh = true;
		r = bucket_open(txn, b, numbers[i], MDB_CREATE);
	}
	return r;
}

static int
tables_open(struct deliveries *d)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(d->env, NULL, 0, &txn);

	if (r != 0)
		return r;
	r = mdb_dbi_open(txn, "places", MDB_CREATE, &d->places);
	if (r == 0)
		r = buckets_open(d, txn);
	if (r == 0)
		r = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	for (unsigned i = 0; i < SLOTS; i++)
		d->buckets[i].fresh = false;
	return r;
}

struct deliveries *
deliveries_open(const char *folder, uint64_t max_bytes, uint64_t age_s, struct err *err)
{
	struct deliveries *d = calloc(1, sizeof(*d));
	char path[4096];
	int r;

	if (d == NULL)
		fatal("out of memory for the index of deliveries");
	d->max_bytes = max_bytes;
	d->age = (uint32_t)((age_s * 1000 + BUCKET_MS - 1) / BUCKET_MS) + 1;
	must(d->age + 4 <= SLOTS);
	d->key = (struct siphash_key){ 0x64656c6976657279, 0x706f7374686f7573 };
	snprintf(path, sizeof(path), "%s/deliveries.mdb", folder);
	r = mdb_env_create(&d->env);
	if (r == 0)
		r = mdb_env_set_maxdbs(d->env, 2 * SLOTS + 2);
	if (r == 0) /* dropping needs room too */
		r = mdb_env_set_mapsize(d->env, max_bytes + max_bytes / 2 + SLACK_BYTES);
	if (r == 0)
		r = mdb_env_open(
		    d->env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	progress("opening the index of deliveries");
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
	return b != NULL && (b->number + d->age < d->now || bytes_used(d) > d->max_bytes);
}

/* Tables that were opened in a transaction go with it; those that it dropped are there again, and closed. */
static void
buckets_settle(struct deliveries *d, bool kept)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (d->buckets[i].fresh && !kept)
			d->buckets[i].number = 0;
		d->buckets[i].fresh = false;
	}
	d->reopen = !kept;
	d->txn = NULL;
}

void
deliveries_abort(struct deliveries *d)
{
	mdb_txn_abort(d->txn);
	buckets_settle(d, false);
}

int
deliveries_begin(struct deliveries *d, uint64_t now_ms, struct err *err)
{
	struct bucket *b;
	int r = lmdb_usable("index of deliveries", mdb_txn_begin(d->env, NULL, 0, &d->txn));

	if (r != 0)
		return failed(err, "index of deliveries", r);
	d->now = bucket_of(now_ms);
	d->failed = 0;
	if (d->reopen)
		r = buckets_open(d, d->txn);
	if (r == 0 && d->no_room && (b = oldest(d)) != NULL && b->number < d->now)
		r = bucket_drop(d, b);
	d->no_room = false;
	while (r == 0 && is_surplus(d, b = oldest(d)))
		r = bucket_drop(d, b);
	if (r == 0)
		return 0;
	deliveries_abort(d);
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
	(void)lmdb_usable("index of deliveries", r);
	buckets_settle(d, r == 0);
	d->no_room = r == MDB_MAP_FULL;
	return r == 0 ? 0 : failed(err, "index of deliveries", r);
}

int
deliveries_sync(struct deliveries *d, struct err *err)
{
	int r = mdb_env_sync(d->env, 1);

	return r == 0 ? 0 : failed(err, "index of deliveries", r);
}

/* Of a message's time; opened if it is new. NULL: too old or of the future. */
static struct bucket *
bucket_for(struct deliveries *d, struct id message)
{
	uint32_t number = bucket_of(id_time_ms(message));
	struct bucket *b;

	if (number == 0 || number + d->age < d->now || number > d->now + 1)
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

/* ---- how far the files were read ---- */

void
deliveries_place(struct deliveries *d, const char *file, uint64_t *inode, uint64_t *offset)
{
	MDB_val k = { strlen(file), (void *)(uintptr_t)file }, v;
	uint64_t place[2] = { 0, 0 };

	if (d->failed == 0 && mdb_get(d->txn, d->places, &k, &v) == 0 && v.mv_size == sizeof(place))
		memcpy(place, v.mv_data, sizeof(place));
	*inode = place[0];
	*offset = place[1];
}

void
deliveries_place_put(struct deliveries *d, const char *file, uint64_t inode, uint64_t offset)
{
	uint64_t place[2] = { inode, offset };
	MDB_val k = { strlen(file), (void *)(uintptr_t)file }, v = { sizeof(place), place };

	if (d->failed == 0)
		d->failed = mdb_put(d->txn, d->places, &k, &v, 0);
}

/* ---- rows ---- */

void
key_message(uint8_t key[KEY_MESSAGE], struct id id)
{
	memcpy(key, id.b, ID_BYTES);
	key[ID_BYTES] = 'm';
}

void
key_end(uint8_t key[KEY_END], struct id id, uint32_t index)
{
	memcpy(key, id.b, ID_BYTES);
	key[ID_BYTES] = 'r';
	for (int i = 0; i < 4; i++)
		key[ID_BYTES + 1 + i] = (uint8_t)(index >> (24 - 8 * i));
}

/* Without <>, which some reports leave off; the rest counts byte for byte (RFC 5322 3.6.4). */
void
key_hash(const struct deliveries *d, struct span name, uint8_t out[KEY_HASH])
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
	key_hash(d, m->message_id, name);
	memcpy(name + KEY_HASH, m->id.b, ID_BYTES);
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
	for (unsigned i = 1; i < sizeof(delivery_ends) / sizeof(delivery_ends[0]); i++)
		if (span_is(e->ended, delivery_ends[i]))
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
