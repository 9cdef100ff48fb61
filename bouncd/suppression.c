#include "suppression.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Key: address NUL scope, so that all of a person stands together and `forget` is one walk. */
enum { KEY_MAX = SUPPRESSION_ADDRESS_MAX + 1 + SUPPRESSION_SCOPE_MAX, VALUE_VERSION = 1 };

struct suppression {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *open; /* between begin and commit */
};

struct key {
	char bytes[KEY_MAX];
	size_t n;
};

struct value {
	uint8_t version, reason, event_n, zero[5];
	uint64_t time_s, expires_s;
	char event[SUPPRESSION_EVENT_MAX];
};

static const char *const reasons[] = {
	[SUPPRESSED_HARD_BOUNCE] = "hard-bounce",
	[SUPPRESSED_COMPLAINT] = "complaint",
	[SUPPRESSED_UNSUBSCRIBED] = "unsubscribed",
	[SUPPRESSED_BY_HAND] = "by-hand",
	[SUPPRESSED_IMPORTED] = "imported",
	[SUPPRESSED_SOFT_BOUNCES] = "soft-bounces",
};

enum { N_REASONS = sizeof(reasons) / sizeof(reasons[0]) };

const char *
suppression_reason_word(enum suppression_reason r)
{
	return reasons[r];
}

int
suppression_reason_of(struct span word)
{
	for (int i = 0; i < N_REASONS; i++)
		if (span_is_nocase(word, reasons[i]))
			return i;
	return -1;
}

static int
failed(struct err *err, const char *what, int rc)
{
	return err_set(err, "suppression list: %s: %s", what, mdb_strerror(rc));
}

static int
open_env(struct suppression *s, const char *folder, size_t max_bytes, struct err *err)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&s->env);

	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, max_bytes);
	if (rc == 0)
		rc = mdb_env_open(s->env, folder, MDB_NOTLS, 0640);
	if (rc != 0)
		return failed(err, folder, rc);
	if (mdb_env_get_maxkeysize(s->env) < (int)KEY_MAX)
		return err_set(err, "suppression list: this LMDB takes keys of %d bytes only",
		    mdb_env_get_maxkeysize(s->env));
	if ((rc = mdb_txn_begin(s->env, NULL, 0, &txn)) != 0)
		return failed(err, folder, rc);
	if ((rc = mdb_dbi_open(txn, NULL, 0, &s->dbi)) != 0) {
		mdb_txn_abort(txn);
		return failed(err, folder, rc);
	}
	rc = mdb_txn_commit(txn);
	return rc == 0 ? 0 : failed(err, folder, rc);
}

struct suppression *
suppression_open(const char *folder, size_t max_bytes, struct err *err)
{
	struct suppression *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the suppression list");
	if (open_env(s, folder, max_bytes, err) < 0) {
		suppression_close(s);
		return NULL;
	}
	return s;
}

void
suppression_close(struct suppression *s)
{
	if (s == NULL)
		return;
	if (s->open != NULL)
		mdb_txn_abort(s->open);
	if (s->env != NULL)
		mdb_env_close(s->env);
	free(s);
}

static void
lower(char *to, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		to[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 32) : s.p[i];
	to[s.n] = '\0';
}

int
suppression_name(
    struct suppression_entry *e, struct span scope, struct span address, struct err *err)
{
	ptrdiff_t at = span_find_last(address, '@');

	if (address.n > 2 && address.p[0] == '<' && address.p[address.n - 1] == '>')
		return suppression_name(e, scope, span_of(address.p + 1, address.n - 2), err);
	if (at < 1 || (size_t)at + 1 >= address.n || address.n > SUPPRESSION_ADDRESS_MAX)
		return err_set(err, "not an address: %.*s", SPAN(span_first(address, 100)));
	if (span_find(address, '\0') >= 0 || span_find(scope, '\0') >= 0 ||
	    scope.n > SUPPRESSION_SCOPE_MAX)
		return err_set(err, "scope too long or with a NUL in it");
	if (address.p[address.n - 1] == '.') /* the root's dot */
		address.n--;
	lower(e->scope, scope);
	lower(e->address, address);
	return 0;
}

static MDB_val
key_of(struct key *k, const char *scope, const char *address)
{
	size_t a = strlen(address), s = strlen(scope);

	memcpy(k->bytes, address, a + 1);
	memcpy(k->bytes + a + 1, scope, s);
	k->n = a + 1 + s;
	return (MDB_val){ k->n, k->bytes };
}

static bool
entry_of(struct suppression_entry *e, const MDB_val *key, const MDB_val *val)
{
	struct span k = span_of(key->mv_data, key->mv_size), scope;
	struct span address = span_cut(k, '\0', &scope);
	struct value v;

	if (val->mv_size < offsetof(struct value, event) || val->mv_size > sizeof(v) ||
	    address.n > SUPPRESSION_ADDRESS_MAX || scope.n > SUPPRESSION_SCOPE_MAX)
		return false;
	memset(&v, 0, sizeof(v));
	memcpy(&v, val->mv_data, val->mv_size);
	if (v.version != VALUE_VERSION || v.reason >= N_REASONS ||
	    v.event_n > SUPPRESSION_EVENT_MAX)
		return false;
	*e = (struct suppression_entry){
		.reason = v.reason, .time_s = v.time_s, .expires_s = v.expires_s
	};
	lower(e->scope, scope);
	lower(e->address, address);
	memcpy(e->event, v.event, v.event_n);
	return true;
}

static MDB_txn *
begin(struct suppression *s, unsigned flags, struct err *err)
{
	MDB_txn *txn;
	int rc;

	if (s->open != NULL)
		return s->open;
	if ((rc = mdb_txn_begin(s->env, NULL, flags, &txn)) == 0)
		return txn;
	failed(err, "begin", rc);
	return NULL;
}

/* Ends what begin() gave, unless the caller of suppression_begin() will. */
static int
end(struct suppression *s, MDB_txn *txn, int rc, const char *what, struct err *err)
{
	if (txn == s->open)
		return rc == 0 ? 0 : failed(err, what, rc);
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return rc == 0 ? 0 : failed(err, what, rc);
}

/* What a person said outweighs what a server said. */
static bool
outweighs(enum suppression_reason there, enum suppression_reason comes)
{
	bool by_person = there == SUPPRESSED_COMPLAINT || there == SUPPRESSED_UNSUBSCRIBED ||
			 there == SUPPRESSED_BY_HAND;

	return by_person && (comes == SUPPRESSED_HARD_BOUNCE || comes == SUPPRESSED_SOFT_BOUNCES);
}

static bool
still_holds(const struct suppression_entry *e, uint64_t now_s)
{
	return e->expires_s == 0 || e->expires_s > now_s;
}

int
suppression_add(struct suppression *s, const struct suppression_entry *e, struct err *err)
{
	struct value v = { .version = VALUE_VERSION,
		.reason = (uint8_t)e->reason,
		.time_s = e->time_s,
		.expires_s = e->expires_s,
		.event_n = (uint8_t)strnlen(e->event, SUPPRESSION_EVENT_MAX) };
	MDB_val key, val = { offsetof(struct value, event) + v.event_n, &v }, old;
	struct suppression_entry there;
	MDB_txn *txn = begin(s, 0, err);
	struct key k;
	int rc;

	if (txn == NULL)
		return -1;
	memcpy(v.event, e->event, v.event_n);
	key = key_of(&k, e->scope, e->address);
	rc = mdb_get(txn, s->dbi, &key, &old);
	if (rc == 0 && entry_of(&there, &key, &old) && still_holds(&there, e->time_s) &&
	    outweighs(there.reason, e->reason))
		return end(s, txn, 0, "add", err);
	if (rc == 0 || rc == MDB_NOTFOUND)
		rc = mdb_put(txn, s->dbi, &key, &val, 0);
	return end(s, txn, rc, "add", err);
}

int
suppression_rm(struct suppression *s, struct span scope, struct span address, struct err *err)
{
	struct suppression_entry e;
	MDB_txn *txn;
	MDB_val key;
	struct key k;
	int rc, found;

	if (suppression_name(&e, scope, address, err) < 0 || (txn = begin(s, 0, err)) == NULL)
		return -1;
	key = key_of(&k, e.scope, e.address);
	rc = mdb_del(txn, s->dbi, &key, NULL);
	found = rc == 0;
	return end(s, txn, rc == MDB_NOTFOUND ? 0 : rc, "rm", err) < 0 ? -1 : found;
}

/* Cuts "tenant/list" to "tenant", "tenant" to "" (first in the loop: the widest). */
static struct span
scope_at(struct span scope, int i)
{
	ptrdiff_t slash = span_find(scope, '/');

	if (i == 0)
		return span_first(scope, 0);
	if (i == 1)
		return slash < 0 ? scope : span_first(scope, (size_t)slash);
	return scope;
}

int
suppression_why(struct suppression *s, struct span scope, struct span address, uint64_t now_s,
    struct suppression_entry *out, struct err *err)
{
	MDB_txn *txn = begin(s, MDB_RDONLY, err);
	int rc = MDB_NOTFOUND, found = 0;

	if (txn == NULL)
		return -1;
	for (int i = 0; i < 3 && found == 0; i++) {
		struct suppression_entry e;
		MDB_val key, val;
		struct key k;

		if (suppression_name(&e, scope_at(scope, i), address, NULL) < 0)
			break;
		key = key_of(&k, e.scope, e.address);
		rc = mdb_get(txn, s->dbi, &key, &val);
		if (rc == 0 && entry_of(out, &key, &val) && still_holds(out, now_s))
			found = 1;
		if (rc != 0 && rc != MDB_NOTFOUND)
			found = failed(err, "why", rc);
	}
	if (txn != s->open)
		mdb_txn_abort(txn);
	return found;
}

int
suppression_list(struct suppression *s, const struct suppression_entry *from,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *err)
{
	MDB_txn *txn = begin(s, MDB_RDONLY, err);
	MDB_cursor *cursor;
	MDB_val key, val;
	struct suppression_entry e;
	struct key k;
	int rc;

	if (txn == NULL)
		return -1;
	rc = mdb_cursor_open(txn, s->dbi, &cursor);
	if (rc == 0) {
		bool more = true;
		if (from != NULL)
			key = key_of(&k, from->scope, from->address);
		rc = mdb_cursor_get(cursor, &key, &val, from != NULL ? MDB_SET_RANGE : MDB_FIRST);
		if (rc == 0 && from != NULL && key.mv_size == k.n &&
		    memcmp(key.mv_data, k.bytes, k.n) == 0)
			rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
		for (; rc == 0 && more;
		     rc = more ? mdb_cursor_get(cursor, &key, &val, MDB_NEXT) : 0)
			if (entry_of(&e, &key, &val))
				more = each(arg, &e);
		mdb_cursor_close(cursor);
	}
	if (txn != s->open)
		mdb_txn_abort(txn);
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : failed(err, "list", rc);
}

int
suppression_sweep(struct suppression *s, uint64_t now_s, unsigned max, struct err *err)
{
	MDB_txn *txn = begin(s, 0, err);
	MDB_cursor *cursor;
	MDB_val key, val;
	struct suppression_entry e;
	unsigned n = 0;
	int rc;

	if (txn == NULL)
		return -1;
	rc = mdb_cursor_open(txn, s->dbi, &cursor);
	while (rc == 0 && n < max && (rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0)
		if (entry_of(&e, &key, &val) && !still_holds(&e, now_s)) {
			rc = mdb_cursor_del(cursor, 0);
			n++;
		}
	if (rc == 0 || rc == MDB_NOTFOUND) {
		mdb_cursor_close(cursor);
		rc = 0;
	}
	return end(s, txn, rc, "sweep", err) < 0 ? -1 : (int)n;
}

size_t
suppression_count(struct suppression *s)
{
	MDB_stat st;

	return mdb_env_stat(s->env, &st) == 0 ? st.ms_entries : 0;
}

int
suppression_begin(struct suppression *s, struct err *err)
{
	must(s->open == NULL);
	s->open = begin(s, 0, err);
	return s->open == NULL ? -1 : 0;
}

int
suppression_commit(struct suppression *s, struct err *err)
{
	int rc = mdb_txn_commit(s->open);

	s->open = NULL;
	return rc == 0 ? 0 : failed(err, "commit", rc);
}

void
suppression_abort(struct suppression *s)
{
	mdb_txn_abort(s->open);
	s->open = NULL;
}

uint64_t
suppression_hash(const struct siphash_key *key, struct span scope, struct span address)
{
	struct suppression_entry e;
	struct key k;

	if (suppression_name(&e, scope, address, NULL) < 0)
		return 0;
	key_of(&k, e.scope, e.address);
	return siphash(key, span_of(k.bytes, k.n));
}
