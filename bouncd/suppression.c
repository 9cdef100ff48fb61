#include "suppression_inside.h"
#include "id.h"
#include "lmdb_check.h"

#include <stdio.h>
#include <string.h>

/* ---- transactions ---- */

MDB_txn *
suppression_txn(struct suppression *s, unsigned flags, struct err *err)
{
	MDB_txn *txn;
	int rc;

	if (s->open != NULL)
		return s->open;
	must(s->handed == NULL || flags == MDB_RDONLY); /* one writer at a time */
	if (s->before != NULL)
		return s->before;
	rc = lmdb_usable("suppression list", mdb_txn_begin(s->env, NULL, flags, &txn));
	if (rc == 0)
		return txn;
	suppression_failed(err, "begin", rc);
	return NULL;
}

int
suppression_txn_end(struct suppression *s, MDB_txn *txn, int rc, const char *what, struct err *err)
{
	if (txn == s->open)
		return rc == 0 ? 0 : suppression_failed(err, what, rc);
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return rc == 0 ? 0 : suppression_failed(err, what, rc);
}

void
suppression_read_end(struct suppression *s, MDB_txn *txn)
{
	if (txn != s->open && txn != s->before)
		mdb_txn_abort(txn);
}

int
suppression_begin(struct suppression *s, struct err *err)
{
	must(s->open == NULL);
	s->open = suppression_txn(s, 0, err);
	return s->open == NULL ? -1 : 0;
}

/* Without memory for a transaction that reads, what is read then may be newer: nobody is told so before it is durable. */
void
suppression_hand(struct suppression *s, MDB_txn *txn)
{
	must(s->handed == NULL);
	s->before = suppression_txn(s, MDB_RDONLY, NULL);
	s->handed = txn;
}

void
suppression_commit_hand(struct suppression *s)
{
	MDB_txn *txn = s->open;

	must(txn != NULL);
	s->open = NULL;
	suppression_hand(s, txn);
}

void
suppression_commit_run(struct suppression *s)
{
	s->committed = lmdb_usable("suppression list", mdb_txn_commit(s->handed));
}

int
suppression_commit_end(struct suppression *s, struct err *err)
{
	s->handed = NULL;
	if (s->before != NULL)
		mdb_txn_abort(s->before);
	s->before = NULL;
	return s->committed == 0 ? 0 : suppression_failed(err, "commit", s->committed);
}

int
suppression_commit(struct suppression *s, struct err *err)
{
	suppression_commit_hand(s);
	suppression_commit_run(s);
	return suppression_commit_end(s, err);
}

void
suppression_abort(struct suppression *s)
{
	mdb_txn_abort(s->open);
	s->open = NULL;
}

/* ---- one entry ---- */

static void
hash_fill(const struct suppression *s, struct suppression_entry *e)
{
	if (e->address[0] != '\0')
		e->hash = suppression_hash_of(&s->key, e->scope, e->address);
}

static void
entry_of(struct suppression *s, MDB_txn *txn, struct suppression_hash h,
    const struct suppression_packed *p, struct suppression_entry *e)
{
	struct id event;

	e->hash = h;
	e->reason = p->reason;
	e->time_s = p->time_s;
	e->expires_s = p->expires_s;
	scope_name(s, txn, p->scope, e->scope);
	if (p->address.n > 0)
		memcpy(e->address, p->address.p, p->address.n);
	e->address[p->address.n] = '\0';
	e->event[0] = '\0';
	if (p->has_event) {
		memcpy(event.b, p->event, sizeof(event.b));
		snprintf(e->event, sizeof(e->event), "%s", id_text(event).c);
	}
}

static MDB_val
hash_val(struct suppression_hash h, uint8_t bytes[SUPPRESSION_HASH_BYTES])
{
	suppression_hash_put(h, bytes);
	return (MDB_val){ SUPPRESSION_HASH_BYTES, bytes };
}

/* In one table of changes. 0: found; else as LMDB says. */
static int
fresh_get(MDB_txn *txn, MDB_dbi dbi, struct suppression_hash h, struct suppression_packed *p)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES];
	MDB_val key = hash_val(h, bytes), val;
	int rc = mdb_get(txn, dbi, &key, &val);

	if (rc == 0 && suppression_unpack(p, span_of(val.mv_data, val.mv_size)) == 0)
		rc = MDB_NOTFOUND;
	return rc;
}

/* Below the newest changes: what a tombstone would have to hide. */
static bool
lies_below(
    struct suppression *s, MDB_txn *txn, struct suppression_hash h, struct suppression_packed *p)
{
	if (fresh_get(txn, s->fresh[s->state.active ^ 1u], h, p) == 0)
		return !p->tombstone;
	return base_get(&s->base, h, p);
}

static bool
entry_get(
    struct suppression *s, MDB_txn *txn, struct suppression_hash h, struct suppression_packed *p)
{
	if (fresh_get(txn, s->fresh[s->state.active], h, p) == 0)
		return !p->tombstone;
	return lies_below(s, txn, h, p);
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
still_holds(uint64_t expires_s, uint64_t now_s)
{
	return expires_s == 0 || expires_s > now_s;
}

static int
fresh_put(struct suppression *s, MDB_txn *txn, struct suppression_hash h,
    const struct suppression_packed *p)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES], packed[SUPPRESSION_PACKED_MAX];
	MDB_val key = hash_val(h, bytes), val = { suppression_pack(p, packed), packed };

	return mdb_put(txn, s->fresh[s->state.active], &key, &val, 0);
}

/* Errors of words; what LMDB says goes into *rc. */
static int
packed_of(struct suppression *s, MDB_txn *txn, const struct suppression_entry *e,
    struct suppression_packed *p, struct err *err)
{
	struct id event;

	*p = (struct suppression_packed){ .reason = e->reason,
		.time_s = (uint32_t)e->time_s,
		.expires_s = (uint32_t)e->expires_s };
	if (e->time_s > UINT32_MAX || e->expires_s > UINT32_MAX)
		return err_set(err, "a time behind the year 2106");
	if (e->event[0] != '\0') {
		if (id_parse(span_str(e->event), &event) == -1)
			return err_set(err, "event \"%s\" is no id", e->event);
		p->has_event = true;
		memcpy(p->event, event.b, sizeof(p->event));
	}
	if (!s->hashed)
		p->address = span_str(e->address);
	return scope_number(s, txn, e->scope, true, &p->scope, err) == -1 ? -1 : 0;
}

int
suppression_add(struct suppression *s, struct suppression_entry *e, struct err *err)
{
	struct suppression_packed p, there;
	MDB_txn *txn;
	int rc;

	if (s->base.data_bytes > s->max_bytes)
		return err_set(err, "suppression list: it is full (list-size)");
	hash_fill(s, e);
	if ((txn = suppression_txn(s, 0, err)) == NULL)
		return -1;
	if ((e->reason == SUPPRESSED_HARD_BOUNCE || e->reason == SUPPRESSED_SOFT_BOUNCES) &&
	    entry_get(s, txn, e->hash, &there) && still_holds(there.expires_s, e->time_s) &&
	    outweighs(there.reason, e->reason))
		return suppression_txn_end(s, txn, 0, "add", err);
	if (packed_of(s, txn, e, &p, err) == -1) {
		suppression_read_end(s, txn);
		return -1;
	}
	rc = fresh_put(s, txn, e->hash, &p);
	if (p.expires_s > 0 && p.expires_s < s->fresh_expiry_s)
		s->fresh_expiry_s = p.expires_s;
	return suppression_txn_end(s, txn, rc, "add", err);
}

/* 0 or what LMDB says; *was: it was there, and *reason is why. */
static int
hash_rm(struct suppression *s, MDB_txn *txn, struct suppression_hash h, bool *was,
    enum suppression_reason *reason)
{
	struct suppression_packed p;
	uint8_t bytes[SUPPRESSION_HASH_BYTES];
	MDB_val key = hash_val(h, bytes);
	int rc;

	*was = entry_get(s, txn, h, &p);
	if (!*was)
		return 0;
	*reason = p.reason;
	if (lies_below(s, txn, h, &p))
		return fresh_put(s, txn, h, &(struct suppression_packed){ .tombstone = true });
	rc = mdb_del(txn, s->fresh[s->state.active], &key, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
suppression_rm(struct suppression *s, struct suppression_entry *e, struct err *err)
{
	MDB_txn *txn;
	bool was;
	int rc;

	hash_fill(s, e);
	if ((txn = suppression_txn(s, 0, err)) == NULL)
		return -1;
	rc = hash_rm(s, txn, e->hash, &was, &e->reason);
	return suppression_txn_end(s, txn, rc, "rm", err) == -1 ? -1 : was;
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
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	struct suppression_packed p;
	int found = 0;

	if (txn == NULL)
		return -1;
	for (int i = 0; i < 3 && found == 0; i++) {
		if (suppression_name(out, scope_at(scope, i), address, err) == -1) {
			found = -1;
			break;
		}
		hash_fill(s, out);
		if (entry_get(s, txn, out->hash, &p) && still_holds(p.expires_s, now_s))
			found = 1;
	}
	if (found == 1) {
		char known[SUPPRESSION_ADDRESS_MAX + 1];

		memcpy(known, out->address, sizeof(known));
		entry_of(s, txn, out->hash, &p, out);
		memcpy(out->address, known, sizeof(known)); /* who asks knows it */
	}
	suppression_read_end(s, txn);
	return found;
}

/* ---- many ---- */

/* From there on; person: while it is of that address. */
static int
each_from(struct suppression *s, struct suppression_hash from, bool skip_from,
    const struct suppression_hash *person, bool (*each)(void *, const struct suppression_entry *),
    void *arg, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	struct suppression_entry e;
	struct suppression_packed p;
	struct suppression_hash h;
	struct walk w;
	int rc;

	if (txn == NULL)
		return -1;
	rc = walk_begin(&w, s, txn, from, true);
	while (rc == 0 && walk_next(&w, &h, &p)) {
		if (skip_from && suppression_hash_cmp(h, from) == 0)
			continue;
		if (person != NULL && ((h.published ^ person->published) & SUPPRESSION_PERSON))
			break;
		if (person != NULL && !suppression_same_person(h, *person))
			continue;
		entry_of(s, txn, h, &p, &e);
		if (!each(arg, &e))
			break;
	}
	if (rc == 0)
		walk_end(&w);
	suppression_read_end(s, txn);
	base_rest(&s->base);
	return rc == 0 ? 0 : suppression_failed(err, "list", rc);
}

int
suppression_list(struct suppression *s, const struct suppression_hash *from,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *err)
{
	struct suppression_hash first = { 0, 0 };

	return each_from(s, from == NULL ? first : *from, from != NULL, NULL, each, arg, err);
}

static int
person_of(struct suppression *s, struct span address, struct suppression_entry *e, struct err *err)
{
	if (suppression_name(e, span_of(NULL, 0), address, err) == -1)
		return -1;
	hash_fill(s, e);
	return 0;
}

int
suppression_person(struct suppression *s, struct span address,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *err)
{
	struct suppression_entry e;

	if (person_of(s, address, &e, err) == -1)
		return -1;
	return each_from(s, (struct suppression_hash){ e.hash.published & SUPPRESSION_PERSON, 0 },
	    false, &e.hash, each, arg, err);
}

struct some {
	struct suppression_entry at[64];
	size_t n;
};

static bool
some_take(void *arg, const struct suppression_entry *e)
{
	struct some *some = arg;

	some->at[some->n++] = *e;
	return some->n < sizeof(some->at) / sizeof(some->at[0]);
}

/* Keys of counts begin with the same bits of the address. */
static int
counts_forget(struct suppression *s, MDB_txn *txn, struct suppression_hash person)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES];
	struct suppression_hash from = { person.published & SUPPRESSION_PERSON, 0 };
	MDB_val key = hash_val(from, bytes), val;
	MDB_cursor *c;
	int rc = mdb_cursor_open(txn, s->counts, &c);

	if (rc != 0)
		return rc;
	for (rc = mdb_cursor_get(c, &key, &val, MDB_SET_RANGE); rc == 0;
	     rc = mdb_cursor_get(c, &key, &val, MDB_NEXT)) {
		struct suppression_hash h = suppression_hash_get(key.mv_data);

		if ((h.published ^ person.published) & SUPPRESSION_PERSON)
			break;
		if (suppression_same_person(h, person) && (rc = mdb_cursor_del(c, 0)) != 0)
			break;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Some at a time, inside the transaction. How many, or -1. */
static long
entries_forget(struct suppression *s, MDB_txn *txn, struct span address,
    void (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *err)
{
	struct some some;
	long n = 0;
	bool was;

	do {
		some.n = 0;
		if (suppression_person(s, address, some_take, &some, err) == -1)
			return -1;
		for (size_t i = 0; i < some.n; i++) {
			int rc = hash_rm(s, txn, some.at[i].hash, &was, &some.at[i].reason);

			if (rc != 0)
				return suppression_failed(err, "forget", rc);
			if (each != NULL)
				each(arg, &some.at[i]);
			n++;
		}
	} while (some.n > 0);
	return n;
}

long
suppression_forget(struct suppression *s, struct span address,
    void (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *err)
{
	struct suppression_entry e;
	bool own = s->open == NULL;
	long n;
	int rc;

	if (person_of(s, address, &e, err) == -1 || (own && suppression_begin(s, err) == -1))
		return -1;
	n = entries_forget(s, s->open, address, each, arg, err);
	if (n >= 0 && (rc = counts_forget(s, s->open, e.hash)) != 0)
		n = suppression_failed(err, "forget", rc);
	if (n < 0 && own)
		suppression_abort(s);
	else if (own && suppression_commit(s, err) == -1)
		n = -1;
	suppression_merge_want(s);
	return n;
}

/* ---- what queued holds ---- */

struct siphash_key
suppression_key(const struct suppression *s)
{
	return s->key;
}

int
suppression_changes(struct suppression *s,
    void (*each)(void *arg, uint64_t published, bool suppressed), void *arg, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	struct suppression_packed p;
	MDB_cursor *c;
	MDB_val key, val;
	int rc = 0;

	if (txn == NULL)
		return -1;
	for (unsigned i = 1; i < 3 && rc == 0; i++) { /* what is being merged, then the newest */
		rc = mdb_cursor_open(txn, s->fresh[(s->state.active + i) % 2], &c);
		if (rc != 0)
			break;
		while ((rc = mdb_cursor_get(c, &key, &val, MDB_NEXT)) == 0)
			if (key.mv_size == SUPPRESSION_HASH_BYTES &&
			    suppression_unpack(&p, span_of(val.mv_data, val.mv_size)) > 0)
				each(
				    arg, suppression_hash_get(key.mv_data).published, !p.tombstone);
		mdb_cursor_close(c);
		rc = rc == MDB_NOTFOUND ? 0 : rc;
	}
	suppression_read_end(s, txn);
	return rc == 0 ? 0 : suppression_failed(err, "changes", rc);
}
