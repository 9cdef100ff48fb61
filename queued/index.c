#include "index.h"

#include <endian.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_MAX = 11, TEXT_MAX = 500 };
static const size_t map_bytes = (size_t)64 << 30; /* address space, not memory */

/* A record: one delivery that waits. */
struct record {
	uint64_t next_ms;
	uint16_t attempts, code;
	uint8_t held;
	char status[STATUS_MAX];
	uint16_t text_n;
	char text[TEXT_MAX];
};

struct key {
	uint8_t id[ID_BYTES];
	uint32_t index; /* big endian */
};

struct change {
	struct key key;
	bool put;
	struct record record;
};

struct index_changes {
	struct change *at;
	size_t n, cap;
};

struct index {
	MDB_env *env;
	MDB_dbi by_message, by_time;
	struct index_changes *gathered;
	struct record shown; /* what the last answer's spans look at */
};

static int
failed(struct err *err, const char *what, int r)
{
	return err_set(err, "index: %s: %s", what, mdb_strerror(r));
}

static int
tables_open(struct index *x)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(x->env, NULL, 0, &txn);

	if (r == 0)
		r = mdb_dbi_open(txn, "message", MDB_CREATE, &x->by_message);
	if (r == 0)
		r = mdb_dbi_open(txn, "time", MDB_CREATE, &x->by_time);
	return r == 0 ? mdb_txn_commit(txn) : r;
}

struct index *
index_open(const char *folder, struct err *err)
{
	struct index *x = calloc(1, sizeof(*x));
	int r;

	if (x == NULL)
		fatal("out of memory for the index");
	r = mdb_env_create(&x->env);
	if (r == 0)
		r = mdb_env_set_maxdbs(x->env, 2);
	if (r == 0)
		r = mdb_env_set_mapsize(x->env, map_bytes);
	if (r == 0)
		r = mdb_env_open(x->env, folder, MDB_NOTLS | MDB_NOMETASYNC, 0600);
	if (r == 0)
		r = tables_open(x);
	if (r == 0)
		return x;
	failed(err, folder, r);
	free(x);
	return NULL;
}

static struct key
key_of(struct id id, uint32_t index)
{
	struct key k = { .index = htobe32(index) };

	memcpy(k.id, id.b, ID_BYTES);
	return k;
}

static struct change *
change_new(struct index *x, struct id id, uint32_t index)
{
	struct index_changes *c = x->gathered;

	if (c == NULL)
		c = x->gathered = calloc(1, sizeof(*c));
	if (c != NULL && c->n == c->cap) {
		c->cap = c->cap == 0 ? 64 : c->cap * 2;
		c->at = reallocarray(c->at, c->cap, sizeof(*c->at));
	}
	if (c == NULL || c->at == NULL)
		fatal("out of memory for changes of the index");
	c->at[c->n] = (struct change){ .key = key_of(id, index) };
	return &c->at[c->n++];
}

void
index_put(struct index *x, const struct store_wait *w)
{
	struct change *c = change_new(x, w->id, w->index);
	struct span status = span_first(w->status, STATUS_MAX),
		    text = span_first(w->text, TEXT_MAX);

	c->put = true;
	c->record = (struct record){ .next_ms = w->next_ms,
		.attempts = w->attempts,
		.code = w->code,
		.held = w->held,
		.text_n = (uint16_t)text.n };
	if (status.n > 0)
		memcpy(c->record.status, status.p, status.n);
	if (text.n > 0)
		memcpy(c->record.text, text.p, text.n);
}

void
index_remove(struct index *x, struct id id, uint32_t index)
{
	change_new(x, id, index)->put = false;
}

struct index_changes *
index_take(struct index *x)
{
	struct index_changes *c = x->gathered;

	x->gathered = NULL;
	return c;
}

struct time_key {
	uint64_t next_ms; /* big endian */
	struct key key;
} __attribute__((packed));

static size_t
record_bytes(const struct record *r)
{
	return offsetof(struct record, text) + r->text_n;
}

static int
change_write(struct index *x, MDB_txn *txn, const struct change *c)
{
	MDB_val k = { sizeof(c->key), (void *)&c->key }, old, v, empty = { 0, NULL };
	struct time_key t = { .key = c->key };
	int r = mdb_get(txn, x->by_message, &k, &old);

	if (r == 0) {
		struct record before;
		MDB_val tk = { sizeof(t), &t };

		memcpy(&before, old.mv_data, offsetof(struct record, text));
		t.next_ms = htobe64(before.next_ms);
		(void)mdb_del(txn, x->by_time, &tk, NULL);
		if (!c->put)
			return mdb_del(txn, x->by_message, &k, NULL);
	}
	if (!c->put)
		return 0;
	v = (MDB_val){ record_bytes(&c->record), (void *)&c->record };
	r = mdb_put(txn, x->by_message, &k, &v, 0);
	t.next_ms = htobe64(c->record.next_ms);
	if (r == 0)
		r = mdb_put(txn, x->by_time, &(MDB_val){ sizeof(t), &t }, &empty, 0);
	return r;
}

int
index_write(struct index *x, struct index_changes *c, struct err *err)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(x->env, NULL, 0, &txn);

	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = change_write(x, txn, &c->at[i]);
	if (r == 0)
		r = mdb_txn_commit(txn);
	free(c->at);
	free(c);
	return r == 0 ? 0 : failed(err, "write", r);
}

/* ---- reading ---- */

static void
shown_as(struct index *x, const struct key *k, const MDB_val *v, struct store_wait *w)
{
	size_t n = v->mv_size < sizeof(x->shown) ? v->mv_size : sizeof(x->shown);

	memset(&x->shown, 0, sizeof(x->shown));
	memcpy(&x->shown, v->mv_data, n);
	*w = (struct store_wait){ .index = be32toh(k->index),
		.next_ms = x->shown.next_ms,
		.attempts = x->shown.attempts,
		.held = x->shown.held != 0,
		.code = x->shown.code,
		.status = span_of(x->shown.status, strnlen(x->shown.status, STATUS_MAX)),
		.text = span_of(x->shown.text, x->shown.text_n <= TEXT_MAX ? x->shown.text_n : 0) };
	memcpy(w->id.b, k->id, ID_BYTES);
}

bool
index_get(struct index *x, struct id id, uint32_t index, struct store_wait *w)
{
	struct key key = key_of(id, index);
	MDB_val k = { sizeof(key), &key }, v;
	MDB_txn *txn;
	bool there;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	there = mdb_get(txn, x->by_message, &k, &v) == 0;
	if (there)
		shown_as(x, &key, &v, w);
	mdb_txn_abort(txn);
	return there;
}

void
index_remove_all(struct index *x, struct id id)
{
	struct key key = key_of(id, 0);
	MDB_val k = { sizeof(key), &key }, v;
	MDB_cursor *cursor;
	MDB_txn *txn;
	int r;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	if (mdb_cursor_open(txn, x->by_message, &cursor) == 0) {
		r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		while (
		    r == 0 && k.mv_size == sizeof(key) && memcmp(k.mv_data, id.b, ID_BYTES) == 0) {
			memcpy(&key, k.mv_data, sizeof(key));
			index_remove(x, id, be32toh(key.index));
			r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
}

bool
index_has(struct index *x, struct id id)
{
	struct key key = key_of(id, 0);
	MDB_val k = { sizeof(key), &key }, v;
	MDB_cursor *cursor;
	MDB_txn *txn;
	bool there = false;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	if (mdb_cursor_open(txn, x->by_message, &cursor) == 0) {
		there = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE) == 0 &&
			k.mv_size == sizeof(key) && memcmp(k.mv_data, id.b, ID_BYTES) == 0;
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return there;
}

unsigned
index_due(struct index *x, uint64_t until_ms, unsigned max,
    void (*due)(void *, const struct store_wait *), void *ctx)
{
	MDB_cursor *cursor;
	struct time_key t;
	MDB_txn *txn;
	MDB_val k, none;
	unsigned n = 0;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, x->by_time, &cursor) != 0) {
		mdb_txn_abort(txn);
		return 0;
	}
	while (
	    n < max && mdb_cursor_get(cursor, &k, &none, MDB_NEXT) == 0 && k.mv_size == sizeof(t)) {
		struct store_wait w;
		struct key at;
		MDB_val v, key;

		memcpy(&t, k.mv_data, sizeof(t));
		if (be64toh(t.next_ms) > until_ms)
			break;
		key = (MDB_val){ sizeof(t.key), &t.key };
		if (mdb_get(txn, x->by_message, &key, &v) != 0)
			continue;
		at = t.key;
		shown_as(x, &at, &v, &w);
		due(ctx, &w);
		n++;
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	return n;
}

uint64_t
index_count(struct index *x)
{
	MDB_stat st = { .ms_entries = 0 };
	MDB_txn *txn;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	(void)mdb_stat(txn, x->by_message, &st);
	mdb_txn_abort(txn);
	return st.ms_entries;
}
