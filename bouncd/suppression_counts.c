/* Results that were counted for an address and a tenant: one small record each, under the hash of both. */
#include "suppression_inside.h"
#include "endian_bytes.h"

#include <string.h>

enum {
	VALUE_BYTES = 28,
	WITHOUT_MESSAGE_BYTES = 20, /* as an earlier version wrote it */
	A_SWEEP = 5000
};

static MDB_val
key_of(struct suppression *s, const char *tenant, const char *address,
    uint8_t bytes[SUPPRESSION_HASH_BYTES])
{
	suppression_hash_put(suppression_hash_of(&s->key, tenant, address), bytes);
	return (MDB_val){ SUPPRESSION_HASH_BYTES, bytes };
}

/* False: not a value of ours. */
static bool
read_value(const MDB_val *val, struct suppression_counts *c)
{
	const uint8_t *v = val->mv_data;

	if (val->mv_size != VALUE_BYTES && val->mv_size != WITHOUT_MESSAGE_BYTES)
		return false;
	c->soft_days = be64(v);
	c->last_day = be32(v + 8);
	c->hard = be32(v + 12);
	c->last_hard_day = be32(v + 16);
	c->last_message = val->mv_size == VALUE_BYTES ? be64(v + 20) : 0;
	return true;
}

int
suppression_counts_get(struct suppression *s, const char *tenant, const char *address,
    struct suppression_counts *c, struct err *err)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES];
	MDB_val key = key_of(s, tenant, address, bytes), val;
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	int rc;

	memset(c, 0, sizeof(*c));
	if (txn == NULL)
		return -1;
	rc = mdb_get(txn, s->counts, &key, &val);
	if (rc == 0)
		(void)read_value(&val, c);
	suppression_read_end(s, txn);
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : suppression_failed(err, "counts", rc);
}

int
suppression_counts_put(struct suppression *s, const char *tenant, const char *address,
    const struct suppression_counts *c, struct err *err)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES], value[VALUE_BYTES];
	MDB_val key = key_of(s, tenant, address, bytes), val = { sizeof(value), value };
	MDB_txn *txn = suppression_txn(s, 0, err);
	int rc;

	if (txn == NULL)
		return -1;
	be64_put(value, c->soft_days);
	be32_put(value + 8, c->last_day);
	be32_put(value + 12, c->hard);
	be32_put(value + 16, c->last_hard_day);
	be64_put(value + 20, c->last_message);
	if (c->soft_days == 0 && c->hard == 0)
		rc = mdb_del(txn, s->counts, &key, NULL);
	else
		rc = mdb_put(txn, s->counts, &key, &val, 0);
	return suppression_txn_end(s, txn, rc == MDB_NOTFOUND ? 0 : rc, "counts", err);
}

static bool
is_old(const MDB_val *val, uint32_t before_day)
{
	struct suppression_counts c;

	if (!read_value(val, &c))
		return true;
	return c.last_day < before_day && c.last_hard_day < before_day;
}

int
suppression_counts_sweep(struct suppression *s, uint32_t before_day, struct err *err)
{
	MDB_val key = { SUPPRESSION_HASH_BYTES, s->counts_at }, val;
	MDB_txn *txn = suppression_txn(s, 0, err);
	MDB_cursor *c;
	int rc, n = 0;

	if (txn == NULL)
		return -1;
	rc = mdb_cursor_open(txn, s->counts, &c);
	if (rc != 0)
		return suppression_txn_end(s, txn, rc, "sweep", err);
	rc = mdb_cursor_get(c, &key, &val, MDB_SET_RANGE);
	for (; rc == 0 && n < A_SWEEP; n++, rc = mdb_cursor_get(c, &key, &val, MDB_NEXT)) {
		memcpy(s->counts_at, key.mv_data, sizeof(s->counts_at));
		if (is_old(&val, before_day) && (rc = mdb_cursor_del(c, 0)) != 0)
			break;
	}
	if (rc == MDB_NOTFOUND) { /* round */
		memset(s->counts_at, 0, sizeof(s->counts_at));
		rc = 0;
	}
	mdb_cursor_close(c);
	return suppression_txn_end(s, txn, rc, "sweep", err);
}
