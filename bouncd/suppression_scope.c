/* Scopes have names in the world and numbers in entries: two small tables of LMDB. */
#include "suppression_inside.h"
#include "endian_bytes.h"

#include <string.h>

enum { NUMBER_MAX = 0xffffff };

static int
next_number(struct suppression *s, MDB_txn *txn, uint32_t *number)
{
	MDB_cursor *c;
	MDB_val key, val;
	int rc = mdb_cursor_open(txn, s->scopes, &c);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_get(c, &key, &val, MDB_LAST);
	*number = rc == 0 && key.mv_size == 4 ? be32(key.mv_data) + 1 : 1;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
make_number(struct suppression *s, MDB_txn *txn, MDB_val name, uint32_t *number, struct err *err)
{
	uint8_t bytes[4];
	MDB_val n = { sizeof(bytes), bytes };
	int rc = next_number(s, txn, number);

	if (rc == 0 && *number > NUMBER_MAX)
		return err_set(err, "suppression list: more than %d scopes", NUMBER_MAX);
	be32_put(bytes, *number);
	if (rc == 0)
		rc = mdb_put(txn, s->scopes, &n, &name, 0);
	if (rc == 0)
		rc = mdb_put(txn, s->scope_names, &name, &n, 0);
	return rc == 0 ? 1 : suppression_failed(err, "scope", rc);
}

/* 1: *number is it; 0: there is none; -1: err. */
int
scope_number(struct suppression *s, MDB_txn *txn, const char *name, bool make, uint32_t *number,
    struct err *err)
{
	MDB_val key = { strlen(name), (void *)name }, val;
	int rc;

	*number = 0;
	if (key.mv_size == 0)
		return 1;
	rc = mdb_get(txn, s->scope_names, &key, &val);
	if (rc == 0 && val.mv_size == 4) {
		*number = be32(val.mv_data);
		return 1;
	}
	if (rc != MDB_NOTFOUND)
		return suppression_failed(err, "scope", rc);
	return make ? make_number(s, txn, key, number, err) : 0;
}

void
scope_name(
    struct suppression *s, MDB_txn *txn, uint32_t number, char name[SUPPRESSION_SCOPE_MAX + 1])
{
	uint8_t bytes[4];
	MDB_val key = { sizeof(bytes), bytes }, val;

	name[0] = '\0';
	if (number == 0)
		return;
	be32_put(bytes, number);
	if (mdb_get(txn, s->scopes, &key, &val) != 0 || val.mv_size > SUPPRESSION_SCOPE_MAX)
		return;
	memcpy(name, val.mv_data, val.mv_size);
	name[val.mv_size] = '\0';
}
