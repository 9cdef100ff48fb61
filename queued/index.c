#include "index.h"
#include "lmdb_check.h"
#include "progress.h"
#include "table.h"

#include <bsd/sys/queue.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum flag {
	FLAG_HELD = 1,
	FLAG_DELAY_TOLD = 2,
	FLAG_GIVEN_UP = 4,
	FLAG_PAUSED = 8,
	FLAG_PARKED = 16
};
enum { STATUS_MAX = 11, TEXT_MAX = 500, ENVELOPE_MAX = 1000 };
enum {
	UNWRITABLE = 5
}; /* its place on the disk is bad; with the waits between them, half a minute */
enum { CHECK_MS = 20 * 1000 }; /* a large index on a slow disk: what lies behind is tried */
static const size_t map_bytes = (size_t)64 << 30; /* address space, not memory */

/* A record: one delivery that waits. */
struct record {
	uint64_t next_ms;
	uint16_t attempts, code;
	uint8_t flags; /* of enum flag; earlier versions knew the first alone */
	char status[STATUS_MAX];
	uint16_t text_n;
	char text
	    [TEXT_MAX +
		ENVELOPE_MAX]; /* behind the text: four texts of the envelope, each with its length */
};

struct key {
	uint8_t id[ID_BYTES];
	uint32_t index; /* big endian */
};

struct time_key {
	uint64_t next_ms; /* big endian */
	struct key key;
} __attribute__((packed));

/* What changes of one message, so that all of it is found without a walk over what changes of others. */
struct changed {
	struct table_node by_id;
	struct id id;
	TAILQ_HEAD(, change) changes;
};

struct change {
	struct table_node by_key;
	TAILQ_ENTRY(change) of_message;
	struct changed *message;
	struct key key;
	bool put;
	size_t bytes;          /* of the record */
	struct record *record; /* only so long as it says; NULL: none was put */
};

struct changes {
	struct table by_key; /* of struct change */
	struct table by_id;  /* of struct changed */
};

struct index {
	MDB_env *env;
	MDB_dbi by_message, by_time;
	struct changes gathered, taken;
	struct time_key told; /* what is due before it was told */
	struct record shown;  /* what the last answer's spans look at */
	size_t shown_bytes;
	char aside[200];     /* why the one before was set aside */
	bool broken;         /* it is damaged: another is needed */
	unsigned unwritable; /* writes that failed with EIO, one after another */
};

/* ---- opening ---- */

static int
tables_open(struct index *x)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(x->env, NULL, 0, &txn);

	if (r != 0)
		return r;
	r = mdb_dbi_open(txn, "message", MDB_CREATE, &x->by_message);
	if (r == 0)
		r = mdb_dbi_open(txn, "time", MDB_CREATE, &x->by_time);
	if (r == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

/* Earlier versions gave held records no time: without one nobody finds them. */
static int
held_line_up(struct index *x, MDB_txn *txn)
{
	MDB_val k, v, empty = { 0, NULL };
	MDB_cursor *cursor;
	int r = mdb_cursor_open(txn, x->by_message, &cursor);

	if (r != 0)
		return r;
	while ((r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
		struct time_key t = { .next_ms = 0 };
		MDB_val tk = { sizeof(t), &t };

		if (k.mv_size != sizeof(t.key) || v.mv_size < offsetof(struct record, status))
			continue;
		memcpy(&t.next_ms, v.mv_data, sizeof(t.next_ms));
		t.next_ms = htobe64(t.next_ms);
		memcpy(&t.key, k.mv_data, sizeof(t.key));
		r = mdb_put(txn, x->by_time, &tk, &empty, 0);
		if (r != 0)
			break;
	}
	mdb_cursor_close(cursor);
	return r == MDB_NOTFOUND ? 0 : r;
}

static int
times_mend(struct index *x)
{
	MDB_stat messages, times;
	MDB_txn *txn;
	int r = mdb_txn_begin(x->env, NULL, 0, &txn);

	if (r != 0)
		return r;
	r = mdb_stat(txn, x->by_message, &messages);
	if (r == 0)
		r = mdb_stat(txn, x->by_time, &times);
	if (r == 0 && times.ms_entries < messages.ms_entries)
		r = held_line_up(x, txn);
	if (r == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

static int
env_open(struct index *x, const char *folder)
{
	int r = mdb_env_create(&x->env);

	if (r != 0)
		return r;
	r = mdb_env_set_maxdbs(x->env, 2);
	if (r == 0)
		r = mdb_env_set_mapsize(x->env, map_bytes);
	if (r == 0)
		r = mdb_env_open(x->env, folder, MDB_NOTLS | MDB_NOMETASYNC, 0600);
	progress("opening the index");
	if (r == 0)
		r = tables_open(x);
	if (r == 0)
		r = times_mend(x);
	if (r != 0)
		mdb_env_close(x->env);
	return r;
}

static bool
is_damage(int r)
{
	return r == MDB_INVALID || r == MDB_CORRUPTED || r == MDB_PAGE_NOTFOUND ||
	       r == MDB_VERSION_MISMATCH || r == MDB_PANIC;
}

static int
path_in(const char *folder, const char *name, char path[4096], struct err *err)
{
	return snprintf(path, 4096, "%s/%s", folder, name) < 4096
		   ? 0
		   : err_set(err, "the index's folder has too long a name");
}

/* What asks for another index at the next start: one that failed while it was used. */
static bool
is_suspect(const char *folder)
{
	char path[4096];
	struct err err;

	return path_in(folder, INDEX_SUSPECT, path, &err) == 0 && access(path, F_OK) == 0;
}

static int
set_aside(struct index *x, const char *folder, const char *data, const char *why, struct err *err)
{
	char suspect[4096];

	snprintf(x->aside, sizeof(x->aside), "%s", why);
	if (path_in(folder, INDEX_SUSPECT, suspect, err) == -1 || lmdb_set_aside(data, err) == -1)
		return -1;
	if (unlink(suspect) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s", suspect);
	return 0;
}

/* A file cut short ends its reader by a signal, so a child reads it first. One process has the database: nobody's lock is in
 * the lock file, but what a dead one left may be. */
static int
look_before(struct index *x, const char *folder, const char *data, struct err *err)
{
	struct err why = { "it failed while it was used" };
	bool bad = is_suspect(folder);
	char lock[4096];

	bad |= lmdb_check(data, CHECK_MS, &why) == LMDB_DAMAGED;
	if (bad && set_aside(x, folder, data, why.text, err) == -1)
		return -1;
	if (path_in(folder, "lock.mdb", lock, err) == -1)
		return -1;
	if (unlink(lock) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s", lock);
	return 0;
}

static int
opened(struct index *x, const char *folder, struct err *err)
{
	char data[4096];
	int r;

	if (path_in(folder, "data.mdb", data, err) == -1 || look_before(x, folder, data, err) == -1)
		return -1;
	r = env_open(x, folder);
	if (is_damage(r)) {
		if (set_aside(x, folder, data, mdb_strerror(r), err) == -1)
			return -1;
		r = env_open(x, folder);
	}
	return r == 0 ? 0 : err_set(err, "cannot open the index %s: %s", folder, mdb_strerror(r));
}

struct index *
index_open(const char *folder, struct err *err)
{
	struct index *x = calloc(1, sizeof(*x));

	if (x == NULL)
		fatal("out of memory for the index");
	if (opened(x, folder, err) == 0)
		return x;
	free(x);
	return NULL;
}

const char *
index_aside(const struct index *x)
{
	return x->aside[0] == '\0' ? NULL : x->aside;
}

/* ---- changes ---- */

static struct key
key_of(struct id id, uint32_t index)
{
	struct key k = { .index = htobe32(index) };

	memcpy(k.id, id.b, ID_BYTES);
	return k;
}

static uint64_t
hash_of(const struct key *k)
{
	return span_hash(span_of(k, sizeof(*k)));
}

static struct change *
change_find(const struct changes *s, const struct key *k)
{
	for (struct table_node *n = table_first(&s->by_key, hash_of(k)); n != NULL;
	     n = table_next(n)) {
		struct change *c = TABLE_OF(n, struct change, by_key);

		if (memcmp(&c->key, k, sizeof(*k)) == 0)
			return c;
	}
	return NULL;
}

static struct changed *
changed_find(const struct changes *s, struct id id)
{
	for (struct table_node *n = table_first(&s->by_id, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct changed *m = TABLE_OF(n, struct changed, by_id);

		if (id_eq(m->id, id))
			return m;
	}
	return NULL;
}

static struct changed *
changed_of(struct changes *s, struct id id)
{
	struct changed *m = changed_find(s, id);

	if (m != NULL)
		return m;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		fatal("out of memory for changes of the index");
	m->id = id;
	TAILQ_INIT(&m->changes);
	table_put(&s->by_id, &m->by_id, id_hash(id));
	return m;
}

static void
change_add(struct changes *s, struct change *c)
{
	struct id id;

	memcpy(id.b, c->key.id, ID_BYTES);
	c->message = changed_of(s, id);
	TAILQ_INSERT_TAIL(&c->message->changes, c, of_message);
	table_put(&s->by_key, &c->by_key, hash_of(&c->key));
}

static void
change_free(struct change *c)
{
	free(c->record);
	free(c);
}

static void
change_take_out(struct changes *s, struct change *c)
{
	table_remove(&s->by_key, &c->by_key);
	TAILQ_REMOVE(&c->message->changes, c, of_message);
	if (!TAILQ_EMPTY(&c->message->changes))
		return;
	table_remove(&s->by_id, &c->message->by_id);
	free(c->message);
}

/* What is known of it without asking the database; NULL: nothing. */
static struct change *
change_pending(const struct index *x, const struct key *k)
{
	struct change *c = change_find(&x->gathered, k);

	return c != NULL ? c : change_find(&x->taken, k);
}

static struct change *
change_of(struct index *x, struct id id, uint32_t index)
{
	struct key k = key_of(id, index);
	struct change *c = change_find(&x->gathered, &k);

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fatal("out of memory for changes of the index");
	c->key = k;
	change_add(&x->gathered, c);
	return c;
}

static size_t
record_bytes(const struct record *r)
{
	return offsetof(struct record, text) + r->text_n;
}

/* Appends what the envelope says; it is left out where it is longer than records are made for. */
static size_t
envelope_add(struct record *r, const struct store_wait *w)
{
	const struct span texts[] = { w->tenant, w->campaign, w->from, w->to };
	size_t n = sizeof(texts) / sizeof(texts[0]), bytes = record_bytes(r);
	char *at = (char *)r + bytes;

	if (!w->has_envelope ||
	    texts[0].n + texts[1].n + texts[2].n + texts[3].n + n * sizeof(uint16_t) > ENVELOPE_MAX)
		return bytes;
	for (size_t i = 0; i < n; i++) {
		uint16_t length = (uint16_t)texts[i].n;

		memcpy(at, &length, sizeof(length));
		if (length > 0)
			memcpy(at + sizeof(length), texts[i].p, length);
		at += sizeof(length) + length;
	}
	return (size_t)(at - (char *)r);
}

/* Sets has_envelope where the record is long enough for all that it says. */
static void
envelope_show(const struct index *x, struct store_wait *w)
{
	struct span *const texts[] = { &w->tenant, &w->campaign, &w->from, &w->to };
	const char *at = x->shown.text + w->text.n, *end = (const char *)&x->shown + x->shown_bytes;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint16_t length;

		if (end - at < (ptrdiff_t)sizeof(length))
			return;
		memcpy(&length, at, sizeof(length));
		at += sizeof(length);
		if (end - at < length)
			return;
		*texts[i] = span_of(at, length);
		at += length;
	}
	w->has_envelope = true;
}

void
index_put(struct index *x, const struct store_wait *w)
{
	struct change *c = change_of(x, w->id, w->index);
	struct span status = span_first(w->status, STATUS_MAX),
		    text = span_first(w->text, TEXT_MAX);
	struct record r = { .next_ms = w->next_ms,
		.attempts = w->attempts,
		.code = w->code,
		.flags =
		    (uint8_t)((w->held ? FLAG_HELD : 0) | (w->delay_told ? FLAG_DELAY_TOLD : 0) |
			      (w->given_up ? FLAG_GIVEN_UP : 0) | (w->paused ? FLAG_PAUSED : 0) |
			      (w->parked ? FLAG_PARKED : 0)),
		.text_n = (uint16_t)text.n };

	if (status.n > 0)
		memcpy(r.status, status.p, status.n);
	if (text.n > 0)
		memcpy(r.text, text.p, text.n);
	c->put = true;
	c->bytes = envelope_add(&r, w);
	free(c->record);
	c->record = malloc(c->bytes);
	if (c->record == NULL)
		fatal("out of memory for changes of the index");
	memcpy(c->record, &r, c->bytes);
}

void
index_remove(struct index *x, struct id id, uint32_t index)
{
	change_of(x, id, index)->put = false;
}

bool
index_has_changes(const struct index *x)
{
	return x->gathered.by_key.n > 0;
}

/* ---- writing ---- */

static void
changes_free(struct changes *s)
{
	table_free(&s->by_key);
	table_free(&s->by_id);
}

void
index_take(struct index *x)
{
	must(x->taken.by_key.n == 0);
	changes_free(&x->taken);
	x->taken = x->gathered;
	x->gathered = (struct changes){ 0 };
}

static struct time_key
time_key_of(uint64_t next_ms, const struct key *k)
{
	return (struct time_key){ htobe64(next_ms), *k };
}

static int
time_remove(struct index *x, MDB_txn *txn, uint64_t next_ms, const struct key *key)
{
	struct time_key t = time_key_of(next_ms, key);
	MDB_val tk = { sizeof(t), &t };
	int r = mdb_del(txn, x->by_time, &tk, NULL);

	return r == MDB_NOTFOUND ? 0 : r;
}

/* What stands there of its time: where that stays, nothing is done about it. */
static int
old_remove(struct index *x, MDB_txn *txn, const struct change *c, bool *same_time)
{
	MDB_val k = { sizeof(c->key), (void *)&c->key }, old;
	uint64_t next_ms;
	int r = mdb_get(txn, x->by_message, &k, &old);

	*same_time = false;
	if (r != 0 || old.mv_size < sizeof(next_ms))
		return r == MDB_NOTFOUND ? 0 : r;
	memcpy(&next_ms, old.mv_data, sizeof(next_ms));
	*same_time = c->put && next_ms == c->record->next_ms;
	if (*same_time)
		return 0;
	r = time_remove(x, txn, next_ms, &c->key);
	return r != 0 || c->put ? r : mdb_del(txn, x->by_message, &k, NULL);
}

static int
change_write(struct index *x, MDB_txn *txn, const struct change *c)
{
	MDB_val k = { sizeof(c->key), (void *)&c->key }, v, tk, empty = { 0, NULL };
	struct time_key t;
	bool same_time;
	int r = old_remove(x, txn, c, &same_time);

	if (r != 0 || !c->put)
		return r;
	v = (MDB_val){ c->bytes, c->record };
	r = mdb_put(txn, x->by_message, &k, &v, 0);
	if (r != 0 || same_time)
		return r;
	t = time_key_of(c->record->next_ms, &c->key);
	tk = (MDB_val){ sizeof(t), &t };
	return mdb_put(txn, x->by_time, &tk, &empty, 0);
}

static int
by_key(const void *a, const void *b)
{
	const struct change *const *x = a, *const *y = b;

	return memcmp(&(*x)->key, &(*y)->key, sizeof(struct key));
}

/* In the order of the database, so that each page is met once. */
static int
changes_write(struct index *x, MDB_txn *txn)
{
	size_t n = x->taken.by_key.n, i = 0;
	const struct change **all = calloc(n, sizeof(struct change *));
	struct table_node *at = NULL;
	int r = 0;

	if (all == NULL)
		fatal("out of memory for %zu changes of the index", n);
	while ((at = table_each(&x->taken.by_key, at)) != NULL)
		all[i++] = TABLE_OF(at, struct change, by_key);
	qsort(all, n, sizeof(struct change *), by_key);
	for (i = 0; i < n && r == 0; i++)
		r = change_write(x, txn, all[i]);
	free(all);
	return r;
}

int
index_write(struct index *x, struct err *err)
{
	MDB_txn *txn;
	int r;

	if (x->taken.by_key.n == 0)
		return 0;
	r = mdb_txn_begin(x->env, NULL, 0, &txn);
	x->broken = is_damage(r);
	if (r != 0)
		return err_set(err, "write the index: %s", mdb_strerror(r));
	r = changes_write(x, txn);
	if (r == 0)
		r = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	x->unwritable = r == EIO ? x->unwritable + 1 : 0;
	x->broken =
	    is_damage(r) || r == MDB_BAD_TXN || r == MDB_BAD_VALSIZE || x->unwritable >= UNWRITABLE;
	return r == 0 ? 0 : err_set(err, "write the index: %s", mdb_strerror(r));
}

bool
index_is_broken(const struct index *x)
{
	return x->broken;
}

static void
due_from(struct index *x, uint64_t next_ms, const struct key *k)
{
	struct time_key t = time_key_of(next_ms, k);

	if (memcmp(&t, &x->told, sizeof(t)) < 0)
		x->told = t;
}

static void
change_back(struct index *x, struct change *c)
{
	if (change_find(&x->gathered, &c->key) == NULL)
		change_add(&x->gathered, c);
	else
		change_free(c);
}

void
index_written(struct index *x, bool stands)
{
	struct table_node *n, *next;

	for (n = table_each(&x->taken.by_key, NULL); n != NULL; n = next) {
		struct change *c = TABLE_OF(n, struct change, by_key);

		next = table_each(&x->taken.by_key, n);
		change_take_out(&x->taken, c);
		if (!stands) {
			change_back(x, c);
			continue;
		}
		if (c->put)
			due_from(x, c->record->next_ms, &c->key);
		change_free(c);
	}
	changes_free(&x->taken);
}

/* ---- reading ---- */

/* What is beyond it is nothing. */
static void
shown_set(struct index *x, const void *p, size_t n)
{
	x->shown_bytes = n < sizeof(x->shown) ? n : sizeof(x->shown);
	memset(&x->shown, 0, offsetof(struct record, text));
	memcpy(&x->shown, p, x->shown_bytes);
	if (x->shown_bytes < record_bytes(&x->shown))
		x->shown.text_n = 0;
}

static void
show(struct index *x, const struct key *k, struct store_wait *w)
{
	const struct record *r = &x->shown;

	*w = (struct store_wait){ .index = be32toh(k->index),
		.next_ms = r->next_ms,
		.attempts = r->attempts,
		.held = r->flags & FLAG_HELD,
		.delay_told = r->flags & FLAG_DELAY_TOLD,
		.given_up = r->flags & FLAG_GIVEN_UP,
		.paused = r->flags & FLAG_PAUSED,
		.parked = r->flags & FLAG_PARKED,
		.code = r->code,
		.status = span_of(r->status, strnlen(r->status, STATUS_MAX)),
		.text = span_of(r->text, r->text_n <= TEXT_MAX ? r->text_n : 0) };
	memcpy(w->id.b, k->id, ID_BYTES);
	envelope_show(x, w);
}

static bool
record_get(struct index *x, MDB_txn *txn, const struct key *k)
{
	MDB_val key = { sizeof(*k), (void *)k }, v;

	if (mdb_get(txn, x->by_message, &key, &v) != 0)
		return false;
	shown_set(x, v.mv_data, v.mv_size);
	return true;
}

bool
index_get(struct index *x, struct id id, uint32_t index, struct store_wait *w)
{
	struct key key = key_of(id, index);
	const struct change *c = change_pending(x, &key);
	MDB_txn *txn;
	bool there;

	if (c != NULL && c->put)
		shown_set(x, c->record, c->bytes);
	if (c != NULL)
		there = c->put;
	else if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	else {
		there = record_get(x, txn, &key);
		mdb_txn_abort(txn);
	}
	if (there)
		show(x, &key, w);
	return there;
}

bool
index_has(struct index *x, struct id id, uint32_t index)
{
	struct store_wait w;

	return index_get(x, id, index, &w);
}

static bool
time_has(MDB_txn *txn, const struct index *x, const struct key *k)
{
	struct time_key t = time_key_of(x->shown.next_ms, k);
	MDB_val key = { sizeof(t), &t }, none;

	return mdb_get(txn, x->by_time, &key, &none) == 0;
}

bool
index_lines_up(struct index *x, struct id id, uint32_t index)
{
	struct key key = key_of(id, index);
	const struct change *c = change_pending(x, &key);
	MDB_txn *txn;
	bool there;

	if (c != NULL)
		return c->put;
	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	there = record_get(x, txn, &key) && time_has(txn, x, &key);
	mdb_txn_abort(txn);
	return there;
}

/* Keys of one message in the database, each to the callback. */
static void
each_of(struct index *x, struct id id, bool (*each)(void *, uint32_t), void *ctx)
{
	struct key key = key_of(id, 0);
	MDB_val k = { sizeof(key), &key }, v;
	MDB_cursor *cursor;
	MDB_txn *txn;
	int r;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	r = mdb_cursor_open(txn, x->by_message, &cursor);
	if (r == 0) {
		struct key at;

		for (r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE); r == 0;
		     r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
			if (k.mv_size != sizeof(at) || memcmp(k.mv_data, id.b, ID_BYTES) != 0)
				break;
			memcpy(&at, k.mv_data, sizeof(at));
			if (!each(ctx, be32toh(at.index)))
				break;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
}

struct removing {
	struct index *index;
	struct id id;
};

static bool
remove_one(void *ctx, uint32_t index)
{
	struct removing *r = ctx;

	index_remove(r->index, r->id, index);
	return true;
}

/* Those under way are undone by a change behind them. What this adds stands in the list of what gathered. */
static void
remove_pending(struct index *x, const struct changes *s, struct id id)
{
	struct changed *m = changed_find(s, id);
	struct change *c;

	if (m != NULL)
		TAILQ_FOREACH (c, &m->changes, of_message)
			index_remove(x, id, be32toh(c->key.index));
}

void
index_remove_all(struct index *x, struct id id)
{
	struct removing r = { x, id };

	each_of(x, id, remove_one, &r);
	remove_pending(x, &x->taken, id);
	remove_pending(x, &x->gathered, id);
}

static bool
note_one(void *ctx, uint32_t index)
{
	(void)index;
	*(bool *)ctx = true;
	return false;
}

bool
index_has_written(struct index *x, struct id id)
{
	bool there = false;

	each_of(x, id, note_one, &there);
	return there;
}

/* As it is by now: what changes of it goes before what is written. */
static bool
record_now(struct index *x, const struct key *k, const MDB_val *v)
{
	const struct change *c = change_pending(x, k);

	if (c != NULL && c->put)
		shown_set(x, c->record, c->bytes);
	if (c != NULL)
		return c->put;
	shown_set(x, v->mv_data, v->mv_size);
	return true;
}

static bool
records_from(struct index *x, MDB_cursor *cursor, struct key *at, unsigned max,
    void (*each)(void *, const struct store_wait *), void *ctx)
{
	struct key from = *at;
	MDB_val k = { sizeof(from), &from }, v;
	int r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

	for (; r == 0; r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
		struct store_wait w;

		if (k.mv_size != sizeof(*at))
			continue;
		memcpy(at, k.mv_data, sizeof(*at));
		if (max-- == 0)
			return true;
		if (!record_now(x, at, &v))
			continue;
		show(x, at, &w);
		each(ctx, &w);
	}
	return false;
}

bool
index_records(struct index *x, struct id *from, uint32_t *from_index, unsigned max,
    void (*each)(void *, const struct store_wait *), void *ctx)
{
	struct key at = key_of(*from, *from_index);
	MDB_cursor *cursor;
	bool more = false;
	MDB_txn *txn;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	if (mdb_cursor_open(txn, x->by_message, &cursor) == 0) {
		more = records_from(x, cursor, &at, max, each, ctx);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	memcpy(from->b, at.id, ID_BYTES);
	*from_index = be32toh(at.index);
	return more;
}

/* ---- what is due ---- */

/* The next place after that key. */
static void
told_up_to(struct index *x, const struct time_key *t)
{
	uint8_t *p = (uint8_t *)&x->told;

	x->told = *t;
	for (size_t i = sizeof(x->told); i-- > 0;)
		if (++p[i] != 0)
			return;
}

/* A record that is being changed is told when its new state is written. */
static bool
tell(struct index *x, MDB_txn *txn, const struct time_key *t,
    bool (*taken)(void *, const struct store_wait *), void *ctx)
{
	struct key k = t->key;
	struct store_wait w;

	if (change_pending(x, &k) != NULL || !record_get(x, txn, &k))
		return false;
	show(x, &k, &w);
	return taken(ctx, &w);
}

unsigned
index_due(struct index *x, uint64_t until_ms, unsigned max,
    bool (*taken)(void *, const struct store_wait *), void *ctx)
{
	struct time_key t = x->told;
	MDB_val k = { sizeof(t), &t }, none;
	MDB_cursor *cursor;
	unsigned n = 0;
	MDB_txn *txn;
	int r;

	if (mdb_txn_begin(x->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	r = mdb_cursor_open(txn, x->by_time, &cursor);
	if (r != 0) {
		mdb_txn_abort(txn);
		return 0;
	}
	for (r = mdb_cursor_get(cursor, &k, &none, MDB_SET_RANGE); r == 0 && n < max;
	     r = mdb_cursor_get(cursor, &k, &none, MDB_NEXT)) {
		struct time_key at;

		if (k.mv_size != sizeof(at))
			continue;
		memcpy(&at, k.mv_data, sizeof(at));
		if (be64toh(at.next_ms) > until_ms)
			break;
		n += tell(x, txn, &at, taken, ctx);
		told_up_to(x, &at);
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	return n;
}

void
index_due_again(struct index *x, struct id id, uint32_t index)
{
	struct key key = key_of(id, index);
	struct store_wait w;

	if (index_get(x, id, index, &w))
		due_from(x, w.next_ms, &key);
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

void
index_close(struct index *x)
{
	index_take(x);
	index_written(x, true);
	changes_free(&x->gathered);
	mdb_env_close(x->env);
	free(x);
}
