/* Merging: the changes of one table and the packed file in force become a new packed file. */
#include "suppression_inside.h"
#include "log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FRESH_LEAST = 64 * 1024,  /* changes, before they are merged for their number */
	FRESH_MOST = 200 * 1024,  /* however large the list is */
	STEP_ENTRIES = 32 * 1024, /* a call */
	SYNC_BYTES = 1 << 20,
};

struct suppression_merge {
	struct base_writer *writer;
	struct suppression_hash last; /* written, or passed */
	bool begun;
	unsigned slot;
};

static size_t
fresh_n(struct suppression *s, unsigned which)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, NULL);
	MDB_stat st = { 0 };

	if (txn == NULL)
		return 0;
	(void)mdb_stat(txn, s->fresh[which], &st);
	if (txn != s->open)
		mdb_txn_abort(txn);
	return st.ms_entries;
}

bool
suppression_changed(struct suppression *s)
{
	return s->lost[0] == '\0' && (s->state.frozen || fresh_n(s, s->state.active) > 0);
}

uint64_t
suppression_count(struct suppression *s)
{
	return s->base.count + fresh_n(s, 0) + fresh_n(s, 1);
}

int
suppression_hashes(const struct suppression *s, uint64_t *count)
{
	*count = s->base.hashes_fd == -1 ? 0 : s->base.count;
	return *count == 0 ? -1 : fcntl(s->base.hashes_fd, F_DUPFD_CLOEXEC, 3);
}

static size_t
fresh_limit(const struct suppression *s)
{
	uint64_t quarter = s->base.count / 4;

	return quarter < FRESH_LEAST ? FRESH_LEAST : quarter > FRESH_MOST ? FRESH_MOST : quarter;
}

void
suppression_merge_want(struct suppression *s)
{
	s->merge_wanted = true;
}

bool
suppression_merging(const struct suppression *s)
{
	return s->merge != NULL;
}

bool
suppression_merge_due(struct suppression *s, uint64_t now_s)
{
	if (s->copying || s->lost[0] != '\0') /* what was lost comes below what is here */
		return false;
	return s->merge_wanted || s->base.next_expiry_s <= now_s || s->fresh_expiry_s <= now_s ||
	       fresh_n(s, s->state.active) >= fresh_limit(s);
}

bool
suppression_merge_lags(struct suppression *s)
{
	return s->merge != NULL && fresh_n(s, s->state.active) >= fresh_limit(s);
}

int
suppression_state_put(struct suppression *s, MDB_txn *txn, const struct suppression_meta *state)
{
	MDB_val key = { 5, "state" }, val = { sizeof(*state), (void *)state };

	(void)s;
	return mdb_put(txn, s->meta, &key, &val, 0);
}

void
suppression_merge_drop(struct suppression *s)
{
	if (s->merge == NULL)
		return;
	if (s->merge->writer != NULL)
		base_writer_abort(s->merge->writer);
	free(s->merge);
	s->merge = NULL;
}

/* From here on changes go to the other table. One that stood frozen at the start is merged as it is. */
static int
freeze(struct suppression *s, struct err *err)
{
	struct suppression_meta next = s->state;
	MDB_txn *txn;

	if (s->state.frozen)
		return 0;
	next.version = s->state.version;
	next.active ^= 1;
	next.frozen = 1;
	if ((txn = suppression_txn(s, 0, err)) == NULL ||
	    suppression_txn_end(s, txn, suppression_state_put(s, txn, &next), "freeze", err) == -1)
		return -1;
	s->state = next;
	s->fresh_expiry_s = UINT64_MAX;
	return 0;
}

static int
begin(struct suppression *s, struct err *err)
{
	struct suppression_merge *m;
	bool was_frozen = s->state.frozen;

	if (freeze(s, err) == -1)
		return -1;
	s->merge = m = calloc(1, sizeof(*m));
	if (m == NULL)
		fatal("out of memory for the suppression list");
	m->slot = s->state.generation == 0 ? s->state.slot : s->state.slot ^ 1u;
	m->writer = base_writer_new(s->fds[m->slot], s->state.generation + 1,
	    s->base.count + fresh_n(s, s->state.active ^ 1u), err);
	/* What a killed process had frozen goes first; what is wanted is wanted of the rest too. */
	s->merge_wanted = s->merge_wanted && was_frozen;
	return m->writer == NULL ? -1 : 0;
}

/* 1: all are written. */
static int
some(struct suppression *s, uint64_t now_s, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	struct suppression_merge *m = s->merge;
	struct suppression_packed p;
	struct suppression_hash h;
	struct walk w;
	bool more = true;
	int rc;

	if (txn == NULL)
		return -1;
	rc = walk_begin(&w, s, txn, m->last, false);
	for (unsigned n = 0; rc == 0 && n < STEP_ENTRIES && (more = walk_next(&w, &h, &p)); n++) {
		if (m->begun && suppression_hash_cmp(h, m->last) == 0)
			continue;
		m->begun = true;
		m->last = h;
		if (s->hashed)
			p.address.n = 0;
		if (p.expires_s == 0 || p.expires_s > now_s)
			base_writer_add(m->writer, h, &p);
	}
	if (rc == 0)
		walk_end(&w);
	mdb_txn_abort(txn);
	if (rc != 0)
		return suppression_failed(err, "merge", rc);
	return !more;
}

/* The new file is in force once this is committed; what it holds need not be held twice. */
static int
switch_over(struct suppression *s, struct err *err)
{
	struct suppression_meta next = s->state;
	MDB_txn *txn = suppression_txn(s, 0, err);
	int rc;

	if (txn == NULL)
		return -1;
	next.slot = (uint8_t)s->merge->slot;
	next.generation++;
	next.frozen = 0;
	rc = suppression_state_put(s, txn, &next);
	if (rc == 0)
		rc = mdb_drop(txn, s->fresh[next.active ^ 1u], 0);
	if (suppression_txn_end(s, txn, rc, "merge", err) == -1)
		return -1;
	s->state = next;
	return 0;
}

static int
finish(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;
	struct base_writer *writer = m->writer;
	struct base fresh = { .hashes_fd = -1 }, old = s->base;

	m->writer = NULL;
	if (base_writer_finish(writer, &fresh, err) == -1)
		return -1;
	if (switch_over(s, err) == -1) {
		base_close(&fresh);
		return -1;
	}
	s->base = fresh;
	base_rest(&s->base);
	base_close(&old);
	if (old.fd != fresh.fd && ftruncate(old.fd, 0) == -1)
		log_warn("room-not-freed", "file=base.%u", s->state.slot ^ 1u);
	suppression_merge_drop(s);
	return 1;
}

static int
step(struct suppression *s, uint64_t now_s, struct err *err)
{
	int r;

	if (s->merge == NULL)
		return begin(s, err);
	r = some(s, now_s, err);
	if (r == 0 && base_writer_waiting(s->merge->writer) >= SYNC_BYTES)
		r = base_writer_flush(s->merge->writer, err);
	base_rest(&s->base);
	return r == 1 ? finish(s, err) : r;
}

int
suppression_merge_step(struct suppression *s, uint64_t now_s, struct err *err)
{
	int r;

	must(s->open == NULL);
	r = step(s, now_s, err);
	if (r == -1)
		suppression_merge_drop(s);
	return r;
}
