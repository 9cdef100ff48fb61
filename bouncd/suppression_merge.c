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

/* What comes next. All but WRITE wait for the disk. */
enum phase {
	FREEZE, /* from here on changes go to the other table */
	WRITE,
	FLUSH,  /* what was written so far */
	FINISH, /* the new file */
	SWITCH, /* it is in force, and what it holds need not be held twice */
};

struct suppression_merge {
	enum phase phase;
	struct base_writer *writer;
	struct suppression_hash last; /* written, or passed */
	bool begun, was_frozen;
	bool wanted; /* before: it is wanted still where this one fails */
	unsigned slot;
	struct base fresh;            /* the new file, between FINISH and SWITCH */
	struct suppression_meta next; /* in force once FREEZE or SWITCH is committed */
	int result;                   /* of what ran in the thread */
	struct err err;
};

static size_t
fresh_n(struct suppression *s, unsigned which)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, NULL);
	MDB_stat st = { 0 };

	if (txn == NULL)
		return 0;
	(void)mdb_stat(txn, s->fresh[which], &st);
	suppression_read_end(s, txn);
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
	struct suppression_merge *m = s->merge;

	if (m == NULL)
		return;
	s->merge_wanted |= m->wanted;
	if (m->writer != NULL)
		base_writer_abort(m->writer);
	base_close(&m->fresh);
	free(m);
	s->merge = NULL;
}

/* ---- before the disk: in the loop ---- */

static int
state_hand(struct suppression *s, bool drop, struct err *err)
{
	const struct suppression_meta *next = &s->merge->next;
	MDB_txn *txn = suppression_txn(s, 0, err);
	int rc;

	if (txn == NULL)
		return -1;
	rc = suppression_state_put(s, txn, next);
	if (rc == 0 && drop)
		rc = mdb_drop(txn, s->fresh[next->active ^ 1u], 0);
	if (rc == 0) {
		suppression_hand(s, txn);
		return 0;
	}
	mdb_txn_abort(txn);
	return suppression_failed(err, "merge", rc);
}

/* One that stood frozen at the start is merged as it is. */
static int
freeze_hand(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;

	m->was_frozen = s->state.frozen;
	m->next = s->state;
	if (m->was_frozen)
		return 0;
	m->next.active ^= 1;
	m->next.frozen = 1;
	return state_hand(s, false, err);
}

static int
switch_hand(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;

	m->next = s->state;
	m->next.slot = (uint8_t)m->slot;
	m->next.generation++;
	m->next.frozen = 0;
	return state_hand(s, true, err);
}

static void
merge_new(struct suppression *s)
{
	s->merge = calloc(1, sizeof(*s->merge));
	if (s->merge == NULL)
		fatal("out of memory for the suppression list");
	s->merge->fresh = (struct base){ .hashes_fd = -1 };
}

int
suppression_merge_hand(struct suppression *s, struct err *err)
{
	int r = 0;

	must(s->open == NULL && s->handed == NULL);
	if (s->merge == NULL)
		merge_new(s);
	if (s->merge->phase == FREEZE)
		r = freeze_hand(s, err);
	else if (s->merge->phase == SWITCH)
		r = switch_hand(s, err);
	if (r == -1)
		suppression_merge_drop(s);
	return r;
}

/* ---- the disk: in any thread ---- */

void
suppression_merge_run(struct suppression *s)
{
	struct suppression_merge *m = s->merge;

	m->result = 0;
	if (s->handed != NULL) {
		suppression_commit_run(s);
	} else if (m->phase == FLUSH) {
		m->result = base_writer_flush(m->writer, &m->err);
	} else if (m->phase == FINISH) {
		m->result = base_writer_finish(m->writer, &m->fresh, &m->err);
		m->writer = NULL;
	}
}

/* ---- behind the disk: in the loop ---- */

static int
frozen(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;

	s->state = m->next;
	if (!m->was_frozen)
		s->fresh_expiry_s = UINT64_MAX;
	m->slot = s->state.generation == 0 ? s->state.slot : s->state.slot ^ 1u;
	m->writer = base_writer_new(s->fds[m->slot], s->state.generation + 1,
	    s->base.count + fresh_n(s, s->state.active ^ 1u), err);
	/* What a killed process had frozen goes first; what is wanted is wanted of the rest too. */
	m->wanted = s->merge_wanted && !m->was_frozen;
	s->merge_wanted = s->merge_wanted && m->was_frozen;
	return m->writer == NULL ? -1 : 0;
}

static void
switched(struct suppression *s)
{
	struct base old = s->base;

	s->state = s->merge->next;
	s->base = s->merge->fresh;
	s->merge->fresh = (struct base){ .hashes_fd = -1 };
	base_rest(&s->base);
	base_close(&old);
	if (old.fd != s->base.fd && ftruncate(old.fd, 0) == -1)
		log_warn("room-not-freed", "file=base.%u", s->state.slot ^ 1u);
	s->merge->wanted = false;
	suppression_merge_drop(s);
}

/* What follows it, where it went well. */
static int
went_well(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;

	switch (m->phase) {
	case FREEZE:
		m->phase = WRITE;
		return frozen(s, err);
	case FINISH:
		m->phase = SWITCH;
		return 0;
	case SWITCH:
		switched(s);
		return 1;
	default:
		m->phase = WRITE;
		return 0;
	}
}

int
suppression_merge_end(struct suppression *s, struct err *err)
{
	struct suppression_merge *m = s->merge;
	int r = m->result;

	if (r == -1 && err != NULL)
		*err = m->err;
	if (s->handed != NULL)
		r = suppression_commit_end(s, err);
	if (r == 0)
		r = went_well(s, err);
	if (r == -1)
		suppression_merge_drop(s);
	return r;
}

/* ---- writing: in the loop, some at a time ---- */

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
	suppression_read_end(s, txn);
	if (rc != 0)
		return suppression_failed(err, "merge", rc);
	return !more;
}

bool
suppression_merge_waits(const struct suppression *s)
{
	return s->merge == NULL || s->merge->phase != WRITE;
}

int
suppression_merge_some(struct suppression *s, uint64_t now_s, struct err *err)
{
	struct suppression_merge *m = s->merge;
	int r = some(s, now_s, err);

	base_rest(&s->base);
	if (r == -1)
		suppression_merge_drop(s);
	else if (r == 1)
		m->phase = FINISH;
	else if (base_writer_waiting(m->writer) >= SYNC_BYTES)
		m->phase = FLUSH;
	return r == -1 ? -1 : 0;
}

int
suppression_merge_step(struct suppression *s, uint64_t now_s, struct err *err)
{
	if (!suppression_merge_waits(s))
		return suppression_merge_some(s, now_s, err);
	if (suppression_merge_hand(s, err) == -1)
		return -1;
	suppression_merge_run(s);
	return suppression_merge_end(s, err);
}
