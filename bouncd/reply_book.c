#include "reply_book.h"
#include "lmdb_check.h"
#include "progress.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_BYTES = 64 << 20, DATABASES = 2, ENTRY_VERSION = 1 };

struct reply_book {
	MDB_env *env;
	MDB_dbi unknown_dbi, hits_dbi;
	struct unknowns *unknowns;
	struct rules *rules; /* whose hits are counted; not ours */
	bool changed;
	MDB_txn *handed;
	int committed;
};

/* As on disk: the first bytes of an entry, then its text. */
struct stored {
	uint32_t version, size;
	struct unknown_entry entry;
};

static int
failed(struct err *err, const char *what, int rc)
{
	return err_set(err, "replies.mdb: %s: %s", what, mdb_strerror(rc));
}

static int
open_databases(struct reply_book *b, MDB_txn *txn)
{
	int rc = mdb_dbi_open(txn, "unknown", MDB_CREATE, &b->unknown_dbi);

	return rc != 0 ? rc : mdb_dbi_open(txn, "hits", MDB_CREATE, &b->hits_dbi);
}

static int
open_env(struct reply_book *b, const char *path, struct err *err)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&b->env);

	if (rc == 0)
		rc = mdb_env_set_mapsize(b->env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(b->env, DATABASES);
	if (rc == 0)
		/* Begun in one thread, committed in another; no reader outlives a call (suppression_open.c). */
		rc = mdb_env_open(b->env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK, 0640);
	if (rc == 0)
		rc = mdb_txn_begin(b->env, NULL, 0, &txn);
	if (rc != 0)
		return failed(err, "open", rc);
	if ((rc = open_databases(b, txn)) != 0) {
		mdb_txn_abort(txn);
		return failed(err, "open", rc);
	}
	rc = mdb_txn_commit(txn);
	progress("opening the book of replies");
	return rc == 0 ? 0 : failed(err, "open", rc);
}

/* Calls each for every record of one database. */
static void
read_all(struct reply_book *b, MDB_dbi dbi, void (*each)(struct reply_book *, MDB_val *, MDB_val *))
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;

	if (mdb_txn_begin(b->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	if (mdb_cursor_open(txn, dbi, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
			each(b, &key, &value);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
}

static void
take_unknown(struct reply_book *b, MDB_val *key, MDB_val *value)
{
	struct stored s;

	(void)key;
	if (value->mv_size != sizeof(s))
		return;
	memcpy(&s, value->mv_data, sizeof(s));
	s.entry.from[UNKNOWN_FROM_MAX] = '\0';
	if (s.version == ENTRY_VERSION && s.size == sizeof(s) && s.entry.count > 0 &&
	    s.entry.text_n <= UNKNOWN_TEXT_MAX && s.entry.category <= CATEGORY_OTHER)
		unknown_put(b->unknowns, &s.entry);
}

static void
take_hits(struct reply_book *b, MDB_val *key, MDB_val *value)
{
	char name[128];
	struct rule *r;

	if (value->mv_size != sizeof(r->hits) || key->mv_size >= sizeof(name))
		return;
	memcpy(name, key->mv_data, key->mv_size);
	name[key->mv_size] = '\0';
	if ((r = rules_named(b->rules, name)) != NULL)
		memcpy(&r->hits, value->mv_data, sizeof(r->hits));
}

struct reply_book *
reply_book_open(const char *folder, struct err *err)
{
	struct reply_book *b = calloc(1, sizeof(*b));
	char path[4096];

	if (b == NULL)
		fatal("out of memory for the book of replies");
	b->unknowns = unknowns_new();
	snprintf(path, sizeof(path), "%s/replies.mdb", folder);
	if (open_env(b, path, err) == -1) {
		mdb_env_close(b->env);
		b->env = NULL;
		reply_book_close(b);
		return NULL;
	}
	read_all(b, b->unknown_dbi, take_unknown);
	return b;
}

void
reply_book_close(struct reply_book *b)
{
	struct err err;

	if (b == NULL)
		return;
	if (b->env != NULL) {
		(void)reply_book_write(b, &err);
		mdb_env_close(b->env);
	}
	unknowns_free(b->unknowns);
	free(b);
}

/* What the old ones counted since it was last written goes on under the same names. */
static void
hits_keep(struct rules *from, struct rules *to)
{
	for (size_t i = 0; from != NULL && i < rules_count(from); i++) {
		const struct rule *old = rules_at(from, i);
		struct rule *r = rules_named(to, old->name);

		if (r != NULL && r->hits < old->hits)
			r->hits = old->hits;
	}
}

void
reply_book_rules(struct reply_book *b, struct rules *rules)
{
	struct rules *old = b->rules;

	b->rules = rules;
	read_all(b, b->hits_dbi, take_hits);
	hits_keep(old, rules);
}

void
reply_book_note(struct reply_book *b, const struct said *sd, struct span server,
    const struct verdict *v, uint64_t now_s)
{
	struct rule *r = rules_named(b->rules, v->rule);

	if (r != NULL)
		r->hits++;
	if (unknown_is(v))
		(void)unknown_note(b->unknowns, sd, server, v, now_s);
	b->changed |= r != NULL || unknown_is(v);
}

/* All of them: a few megabytes at most, once a minute at most. */
static int
put_unknowns(struct reply_book *b, MDB_txn *txn)
{
	size_t n = unknowns_count(b->unknowns);
	const struct unknown_entry **top = calloc(n + 1, sizeof(*top));
	int rc = mdb_drop(txn, b->unknown_dbi, 0);

	if (top == NULL)
		fatal("out of memory for unknown replies");
	n = unknowns_top(b->unknowns, top, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct stored s = { ENTRY_VERSION, sizeof(s), *top[i] };
		MDB_val key = { sizeof(s.entry.key), &s.entry.key }, value = { sizeof(s), &s };

		rc = mdb_put(txn, b->unknown_dbi, &key, &value, 0);
	}
	free(top);
	return rc;
}

static int
put_hits(struct reply_book *b, MDB_txn *txn)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && b->rules != NULL && i < rules_count(b->rules); i++) {
		const struct rule *r = rules_at(b->rules, i);
		uint64_t hits = r->hits;
		MDB_val key = { strlen(r->name), (char *)(uintptr_t)r->name };
		MDB_val value = { sizeof(hits), &hits };

		if (hits > 0)
			rc = mdb_put(txn, b->hits_dbi, &key, &value, 0);
	}
	return rc;
}

int
reply_book_hand(struct reply_book *b, struct err *err)
{
	MDB_txn *txn;
	int rc;

	must(b->handed == NULL);
	if (!b->changed)
		return 0;
	rc = lmdb_usable("replies.mdb", mdb_txn_begin(b->env, NULL, 0, &txn));
	if (rc != 0)
		return failed(err, "write", rc);
	rc = put_unknowns(b, txn);
	if (rc == 0)
		rc = put_hits(b, txn);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return failed(err, "write", rc);
	}
	b->handed = txn;
	b->changed = false;
	return 1;
}

void
reply_book_run(struct reply_book *b)
{
	b->committed = lmdb_usable("replies.mdb", mdb_txn_commit(b->handed));
}

int
reply_book_end(struct reply_book *b, struct err *err)
{
	b->handed = NULL;
	if (b->committed == 0)
		return 0;
	b->changed = true;
	return failed(err, "write", b->committed);
}

int
reply_book_write(struct reply_book *b, struct err *err)
{
	int r = reply_book_hand(b, err);

	if (r != 1)
		return r;
	reply_book_run(b);
	return reply_book_end(b, err);
}

void
reply_book_forget(struct reply_book *b)
{
	unknowns_forget(b->unknowns);
	b->changed = true;
}

const struct unknowns *
reply_book_unknowns(const struct reply_book *b)
{
	return b->unknowns;
}
