#include "links.h"
#include "lmdb_check.h"
#include "progress.h"
#include "url_place.h"
#include "utf8.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_BYTES = 32 << 20, VERSION = 1 };

struct links {
	MDB_env *env;
	MDB_dbi dbi;
};

/* As on disk; the key is a byte of the kind and the value. */
struct stored {
	uint32_t version, actor;
	uint64_t time_s;
	char reason[LINKS_REASON_MAX + 4];
};

static int
failed(struct err *err, const char *what, int rc)
{
	return err_set(err, "links.mdb: %s: %s", what, mdb_strerror(rc));
}

/* ---- the file ---- */

static int
env_open(struct links *l, const char *path, struct err *err)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&l->env);

	if (rc == 0)
		rc = mdb_env_set_mapsize(l->env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_open(l->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0640);
	if (rc == 0)
		rc = mdb_txn_begin(l->env, NULL, 0, &txn);
	if (rc != 0)
		return failed(err, "open", rc);
	rc = mdb_dbi_open(txn, NULL, 0, &l->dbi);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return failed(err, "open", rc);
	}
	rc = mdb_txn_commit(txn);
	progress("opening the blocked links");
	return rc == 0 ? 0 : failed(err, "open", rc);
}

struct links *
links_open(const char *folder, struct err *err)
{
	struct links *l = calloc(1, sizeof(*l));
	char path[4096];

	if (l == NULL)
		fatal("out of memory for blocked links");
	snprintf(path, sizeof(path), "%s/links.mdb", folder);
	if (env_open(l, path, err) == -1) {
		links_close(l);
		return NULL;
	}
	return l;
}

void
links_close(struct links *l)
{
	if (l == NULL)
		return;
	if (l->env != NULL)
		mdb_env_close(l->env);
	free(l);
}

/* ---- what is meant ---- */

static const char *const kinds[WEB_BLOCK_KINDS] = { "target", "campaign", "tenant" };

const char *
links_kind_word(enum web_block_kind k)
{
	return kinds[k];
}

static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
			return false;
	return utf8_is(s);
}

static int
place_name(struct link_block *b, const char *host, struct span path, struct err *err)
{
	if (span_is(path, "/"))
		path.n = 0;
	if (strlen(host) + path.n > WEB_BLOCK_VALUE_MAX)
		return err_set(
		    err, "longer than %d bytes: block what it begins with", WEB_BLOCK_VALUE_MAX);
	snprintf(b->value, sizeof(b->value), "%s%.*s", host, SPAN(path));
	return 0;
}

/* A host with a dot in it, so that nobody switches off all of a top-level domain with a slip; or an address. */
static int
target_name(struct link_block *b, struct span what, struct err *err)
{
	struct url_place place;
	struct buf path;
	ptrdiff_t colons = span_find_str(what, "://");
	int r;

	if (colons >= 0 && !span_starts_nocase(what, "http://") &&
	    !span_starts_nocase(what, "https://"))
		return err_set(err, "only links of http and https are rewritten, not of %.*s",
		    SPAN(span_first(what, (size_t)colons)));
	if (!is_plain(what) || url_place(what, &place) == -1)
		return err_set(err,
		    "\"%.*s\" is neither a host nor a URL: write evil.example or "
		    "https://evil.example/path",
		    SPAN(span_first(what, 100)));
	if (strchr(place.host, '.') == NULL && place.host[0] != '[')
		return err_set(
		    err, "\"%s\" is no host that links lead to: it has no dot", place.host);
	if (strchr(place.host, '*') != NULL)
		return err_set(err, "a host is blocked with all below it; leave out the \"*\"");
	buf_init(&path, place.path.n + 1);
	url_path_plain(place.path, &path);
	r = place_name(b, place.host, buf_all(&path), err);
	buf_free(&path);
	return r;
}

static int
word_name(struct link_block *b, struct span what, struct err *err)
{
	ptrdiff_t slash = span_find(what, '/');

	if (what.n == 0 || what.n > WEB_BLOCK_VALUE_MAX || !utf8_is(what) ||
	    span_find(what, '\0') >= 0)
		return err_set(err, "no name of a %s", kinds[b->kind]);
	if (b->kind == WEB_BLOCK_CAMPAIGN && (slash < 1 || (size_t)slash + 1 == what.n))
		return err_set(err, "\"%.*s\" is no campaign: write TENANT/CAMPAIGN",
		    SPAN(span_first(what, 100)));
	snprintf(b->value, sizeof(b->value), "%.*s", SPAN(what));
	span_lower(
	    b->value, span_str(b->value)); /* names are case-blind, as in scopes of the list */
	return 0;
}

int
links_name(struct link_block *b, struct span kind, struct span what, struct err *err)
{
	unsigned k = 0;

	while (k < WEB_BLOCK_KINDS && !span_is(kind, kinds[k]))
		k++;
	if (k == WEB_BLOCK_KINDS)
		return err_set(err, "\"%.*s\" is none of target, campaign, tenant",
		    SPAN(span_first(kind, 40)));
	b->kind = (enum web_block_kind)k;
	return b->kind == WEB_BLOCK_TARGET ? target_name(b, what, err) : word_name(b, what, err);
}

/* ---- one ---- */

static MDB_val
key_of(const struct link_block *b, char key[WEB_BLOCK_VALUE_MAX + 1])
{
	size_t n = strlen(b->value);

	key[0] = (char)b->kind;
	memcpy(key + 1, b->value, n);
	return (MDB_val){ n + 1, key };
}

static bool
stored_get(const MDB_val *key, const MDB_val *val, struct link_block *b)
{
	const char *k = key->mv_data;
	struct stored s;

	if (key->mv_size < 2 || key->mv_size > WEB_BLOCK_VALUE_MAX + 1 ||
	    val->mv_size != sizeof(s) || (unsigned char)k[0] >= WEB_BLOCK_KINDS)
		return false;
	memcpy(&s, val->mv_data, sizeof(s));
	if (s.version != VERSION)
		return false;
	*b = (struct link_block){
		.kind = (enum web_block_kind)k[0], .time_s = s.time_s, .actor = s.actor
	};
	memcpy(b->value, k + 1, key->mv_size - 1);
	memcpy(b->reason, s.reason, LINKS_REASON_MAX);
	return true;
}

static int
put(struct links *l, MDB_txn *txn, MDB_val *key, struct link_block *b)
{
	struct stored s = { .version = VERSION, .actor = b->actor, .time_s = b->time_s };
	MDB_val val = { sizeof(s), &s };
	MDB_stat st;
	int rc = mdb_stat(txn, l->dbi, &st);

	memcpy(s.reason, b->reason, strlen(b->reason));
	if (rc == 0 && st.ms_entries >= WEB_BLOCKS_MAX)
		return MDB_MAP_FULL;
	return rc == 0 ? mdb_put(txn, l->dbi, key, &val, 0) : rc;
}

/* Ends the transaction; only a change is worth a sync. */
static int
end(MDB_txn *txn, int rc, bool changed, struct err *err)
{
	if (rc == 0 && changed) {
		rc = lmdb_usable("links.mdb", mdb_txn_commit(txn));
		return rc == 0 ? 1 : failed(err, "write", rc);
	}
	mdb_txn_abort(txn);
	if (rc == MDB_MAP_FULL)
		return err_set(err,
		    "%d links are blocked, and no more can be: unblock some, or block what "
		    "they have in common",
		    WEB_BLOCKS_MAX);
	return rc == 0 ? 0 : failed(err, "write", rc);
}

int
links_block(struct links *l, struct link_block *b, struct err *err)
{
	char name[WEB_BLOCK_VALUE_MAX + 1];
	MDB_val key = key_of(b, name), val;
	MDB_txn *txn;
	bool changed;
	int rc = lmdb_usable("links.mdb", mdb_txn_begin(l->env, NULL, 0, &txn));

	if (rc != 0)
		return failed(err, "write", rc);
	rc = mdb_get(txn, l->dbi, &key, &val);
	changed = rc == MDB_NOTFOUND || (rc == 0 && !stored_get(&key, &val, b));
	if (changed)
		rc = put(l, txn, &key, b);
	return end(txn, rc, changed, err);
}

int
links_unblock(struct links *l, struct link_block *b, struct err *err)
{
	char name[WEB_BLOCK_VALUE_MAX + 1];
	MDB_val key = key_of(b, name), val;
	MDB_txn *txn;
	bool changed;
	int rc = lmdb_usable("links.mdb", mdb_txn_begin(l->env, NULL, 0, &txn));

	if (rc != 0)
		return failed(err, "write", rc);
	rc = mdb_get(txn, l->dbi, &key, &val);
	changed = rc == 0;
	if (changed) {
		(void)stored_get(&key, &val, b);
		rc = mdb_del(txn, l->dbi, &key, NULL);
	}
	return end(txn, rc == MDB_NOTFOUND ? 0 : rc, changed, err);
}

int
links_together(struct links *l, bool begin)
{
	int rc = mdb_env_set_flags(l->env, MDB_NOSYNC, begin);

	if (rc == 0 && !begin)
		rc = mdb_env_sync(l->env, 1);
	return rc == 0 ? 0 : -1;
}

int
links_each(
    struct links *l, bool (*each)(void *arg, const struct link_block *), void *arg, struct err *err)
{
	struct link_block b;
	MDB_cursor *cursor;
	MDB_val key, val;
	MDB_txn *txn;
	int rc = mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return failed(err, "read", rc);
	rc = mdb_cursor_open(txn, l->dbi, &cursor);
	if (rc == 0) {
		while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0)
			if (stored_get(&key, &val, &b) && !each(arg, &b))
				break;
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : failed(err, "read", rc);
}
