#include "deliveries_inside.h"

#include <string.h>

enum {
	CANDIDATES = 8,    /* messages with the same Message-ID that are looked at */
	SCAN_MAX = 100000, /* recipients of a message that are looked through */
};

static uint32_t
end_index(const MDB_val *k)
{
	const uint8_t *p = (const uint8_t *)k->mv_data + ID_BYTES + 1;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
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
	s->found->ended = span_str(
	    ended < sizeof(delivery_ends) / sizeof(delivery_ends[0]) ? delivery_ends[ended] : "");
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
	const struct bucket *b = deliveries_bucket(s->d, id);

	if (b == NULL || !message_read(s, b, id))
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
candidates(struct search *s, const struct bucket *b, const uint8_t hash[KEY_HASH],
    struct id out[CANDIDATES])
{
	uint8_t key[KEY_NAME] = { 0 };
	MDB_val k = { sizeof(key), key }, v;
	MDB_cursor *cursor;
	unsigned n = 0;

	memcpy(key, hash, KEY_HASH);
	if (mdb_cursor_open(s->txn, b->names, &cursor) != 0)
		return 0;
	for (int r = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	     r == 0 && n < CANDIDATES && k.mv_size == KEY_NAME &&
	     memcmp(k.mv_data, hash, KEY_HASH) == 0;
	     r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
		memcpy(out[n++].b, (uint8_t *)k.mv_data + KEY_HASH, ID_BYTES);
	mdb_cursor_close(cursor);
	return n;
}

/* The newest first: a Message-ID that was used twice means the later mail, mostly. */
static void
by_name(struct search *s, const struct lookup_ask *a)
{
	uint32_t below = UINT32_MAX;
	uint8_t hash[KEY_HASH];

	key_hash(s->d, a->message_id, hash);
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
	const struct bucket *b = deliveries_bucket(d, message);
	uint8_t key[KEY_MESSAGE];
	MDB_val k = { sizeof(key), key }, v;
	struct span row, campaign;

	key_message(key, message);
	if (b == NULL || d->txn == NULL || d->failed != 0 || mdb_get(d->txn, b->rows, &k, &v) != 0)
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
		err_set(err, "index of deliveries: %s", mdb_strerror(r));
	return r == 0 ? n : -1;
}
