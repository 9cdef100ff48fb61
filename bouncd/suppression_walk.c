/* All sources of entries as one: the changes, those that are being merged, and the packed file. */
#include "suppression_inside.h"

static bool
fresh_take(struct walk_fresh *f, MDB_cursor_op op, struct suppression_hash from)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES];
	MDB_val key = { sizeof(bytes), bytes }, val;

	suppression_hash_put(from, bytes);
	while (f->cursor != NULL && mdb_cursor_get(f->cursor, &key, &val, op) == 0) {
		op = MDB_NEXT;
		if (key.mv_size != SUPPRESSION_HASH_BYTES ||
		    suppression_unpack(&f->packed, span_of(val.mv_data, val.mv_size)) == 0)
			continue;
		f->hash = suppression_hash_get(key.mv_data);
		return true;
	}
	if (f->cursor != NULL)
		mdb_cursor_close(f->cursor);
	f->cursor = NULL;
	return false;
}

static void
base_take(struct walk *w)
{
	w->base_has = base_next(&w->s->base, &w->at, &w->base_hash, &w->base_packed);
}

int
walk_begin(struct walk *w, struct suppression *s, MDB_txn *txn, struct suppression_hash from,
    bool with_newest)
{
	unsigned dbs[2] = { s->state.active, s->state.active ^ 1u };
	int rc = 0;

	*w = (struct walk){ .s = s };
	for (unsigned i = with_newest ? 0 : 1; i < 2 && rc == 0; i++) {
		rc = mdb_cursor_open(txn, s->fresh[dbs[i]], &w->fresh[i].cursor);
		if (rc == 0)
			fresh_take(&w->fresh[i], MDB_SET_RANGE, from);
	}
	if (rc != 0) {
		walk_end(w);
		return rc;
	}
	w->at = base_seek(&s->base, from);
	base_take(w);
	return 0;
}

/* The newest of the sources that stand at the lowest hash. */
static struct suppression_hash
lowest(const struct walk *w)
{
	struct suppression_hash h = { UINT64_MAX, UINT32_MAX };

	for (int i = 0; i < 2; i++)
		if (w->fresh[i].cursor != NULL && suppression_hash_cmp(w->fresh[i].hash, h) < 0)
			h = w->fresh[i].hash;
	if (w->base_has && suppression_hash_cmp(w->base_hash, h) < 0)
		h = w->base_hash;
	return h;
}

static bool
fresh_is_at(const struct walk_fresh *f, struct suppression_hash h)
{
	return f->cursor != NULL && suppression_hash_cmp(f->hash, h) == 0;
}

bool
walk_next(struct walk *w, struct suppression_hash *hash, struct suppression_packed *p)
{
	while (w->fresh[0].cursor != NULL || w->fresh[1].cursor != NULL || w->base_has) {
		struct suppression_hash h = lowest(w);

		*hash = h;
		if (w->base_has && suppression_hash_cmp(w->base_hash, h) == 0) {
			*p = w->base_packed;
			base_take(w);
		}
		for (int i = 1; i >= 0; i--)
			if (fresh_is_at(&w->fresh[i], h)) {
				*p = w->fresh[i].packed;
				fresh_take(&w->fresh[i], MDB_NEXT, h);
			}
		if (!p->tombstone)
			return true;
	}
	return false;
}

void
walk_end(struct walk *w)
{
	for (int i = 0; i < 2; i++)
		if (w->fresh[i].cursor != NULL)
			mdb_cursor_close(w->fresh[i].cursor);
}
