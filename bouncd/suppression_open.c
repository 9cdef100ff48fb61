/* Opens and closes the suppression list: its folder, its key, its database, the packed file in force. */
#include "suppression_inside.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { STATE_VERSION = 2, DATABASES = 6 };

int
suppression_failed(struct err *err, const char *what, int rc)
{
	return err_set(err, "suppression list: %s: %s", what, mdb_strerror(rc));
}

static int
databases_open(struct suppression *s, MDB_txn *txn, struct err *err)
{
	const struct {
		const char *name;
		MDB_dbi *dbi;
	} dbs[DATABASES] = { { "meta", &s->meta }, { "fresh0", &s->fresh[0] },
		{ "fresh1", &s->fresh[1] }, { "scopes", &s->scopes },
		{ "scope-names", &s->scope_names }, { "counts", &s->counts } };
	MDB_dbi top;
	MDB_stat st;
	int rc;

	for (int i = 0; i < DATABASES; i++)
		if ((rc = mdb_dbi_open(txn, dbs[i].name, MDB_CREATE, dbs[i].dbi)) != 0)
			return suppression_failed(err, dbs[i].name, rc);
	if ((rc = mdb_dbi_open(txn, NULL, 0, &top)) != 0 || (rc = mdb_stat(txn, top, &st)) != 0)
		return suppression_failed(err, "look at it", rc);
	if (st.ms_entries > DATABASES)
		return err_set(err,
		    "suppression list: it is of an earlier version; export it with that "
		    "version, move the folder away, and import it again");
	return 0;
}

static int
state_read(struct suppression *s, MDB_txn *txn, struct err *err)
{
	MDB_val key = { 5, "state" }, val;
	int rc = mdb_get(txn, s->meta, &key, &val);

	s->state = (struct suppression_meta){ .version = STATE_VERSION };
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return suppression_failed(err, "state", rc);
	if (val.mv_size != sizeof(s->state))
		return err_set(err, "suppression list: its state is damaged");
	memcpy(&s->state, val.mv_data, sizeof(s->state));
	if (s->state.version != STATE_VERSION || s->state.active > 1 || s->state.slot > 1)
		return err_set(err,
		    "suppression list: of version %u, which this program does not know",
		    s->state.version);
	return 0;
}

static int
env_open(struct suppression *s, const char *folder, struct err *err)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&s->env), bad;

	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, s->max_bytes);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, DATABASES);
	if (rc == 0)
		/* One process has it, one transaction writes at a time, and no reader outlives a call: so no locks are needed, and
		 * a transaction that was begun in the loop may be committed in a thread. */
		rc = mdb_env_open(s->env, folder, MDB_NOTLS | MDB_NORDAHEAD | MDB_NOLOCK, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc != 0)
		return suppression_failed(err, folder, rc);
	progress("opening the suppression list");
	bad = databases_open(s, txn, err) == -1 || state_read(s, txn, err) == -1;
	if (bad) {
		mdb_txn_abort(txn);
		return -1;
	}
	rc = mdb_txn_commit(txn);
	progress("opening the suppression list");
	return rc == 0 ? 0 : suppression_failed(err, folder, rc);
}

/* ---- the key ---- */

static bool
is_empty(struct suppression *s)
{
	MDB_txn *txn;
	MDB_stat st[2];
	int rc;

	if (s->state.generation > 0 || mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	rc = mdb_stat(txn, s->fresh[0], &st[0]);
	if (rc == 0)
		rc = mdb_stat(txn, s->fresh[1], &st[1]);
	mdb_txn_abort(txn);
	return rc == 0 && st[0].ms_entries + st[1].ms_entries == 0;
}

/* Beside it first: half a key would be worse than none. */
int
suppression_key_store(int folder, const struct siphash_key *key, struct err *err)
{
	int fd = openat(folder, "key.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(err, "make the key of the suppression list");
	if (write(fd, key, sizeof(*key)) != sizeof(*key) || fsync(fd) == -1 ||
	    renameat(folder, "key.new", folder, "key") == -1 || fsync(folder) == -1) {
		close(fd);
		return err_sys(err, "make the key of the suppression list");
	}
	close(fd);
	return 0;
}

static int
key_make(struct suppression *s, int folder, struct err *err)
{
	if (getrandom(&s->key, sizeof(s->key), 0) != sizeof(s->key))
		return err_sys(err, "draw the key of the suppression list");
	return suppression_key_store(folder, &s->key, err);
}

static int
key_read(struct suppression *s, int folder, struct err *err)
{
	int fd = openat(folder, "key", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1 && errno == ENOENT && is_empty(s))
		return key_make(s, folder, err);
	if (fd == -1)
		return err_sys(err,
		    "suppression list: its file \"key\" is missing, without which no "
		    "address can be found; bring it back from a backup, or move the "
		    "folder away and begin anew");
	n = read(fd, &s->key, sizeof(s->key));
	close(fd);
	return n == sizeof(s->key) ? 0
				   : err_set(err, "suppression list: its file \"key\" is damaged");
}

/* ---- the packed files ---- */

static int
bases_open(struct suppression *s, int folder, struct err *err)
{
	static const char *const names[2] = { "base.0", "base.1" };

	for (int i = 0; i < 2; i++) {
		s->fds[i] = openat(folder, names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (s->fds[i] == -1)
			return err_sys(err, "suppression list: open %s", names[i]);
	}
	if (fsync(folder) == -1)
		return err_sys(err, "suppression list: sync its folder");
	progress("reading the suppression list");
	if (base_open(&s->base, s->fds[s->state.slot], s->state.generation, err) == 0)
		return 0;
	err_context(err, "suppression list: %s is damaged", names[s->state.slot]);
	return -1;
}

/* The first of the changes to expire. */
static int
expiry_find(struct suppression *s, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	struct suppression_packed p;
	MDB_cursor *c;
	MDB_val k, v;

	if (txn == NULL)
		return -1;
	s->fresh_expiry_s = UINT64_MAX;
	for (int i = 0; i < 2; i++) {
		if (mdb_cursor_open(txn, s->fresh[i], &c) != 0)
			continue;
		while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0)
			if (suppression_unpack(&p, span_of(v.mv_data, v.mv_size)) > 0 &&
			    !p.tombstone && p.expires_s > 0 && p.expires_s < s->fresh_expiry_s)
				s->fresh_expiry_s = p.expires_s;
		mdb_cursor_close(c);
	}
	mdb_txn_abort(txn);
	return 0;
}

struct suppression *
suppression_open(const char *folder, const struct suppression_options *o, struct err *err)
{
	struct suppression *s = calloc(1, sizeof(*s));
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (s == NULL)
		fatal("out of memory for the suppression list");
	s->fds[0] = s->fds[1] = s->base.hashes_fd = -1;
	s->copy_fds[0] = s->copy_fds[1] = -1;
	s->max_bytes = o->max_bytes;
	s->hashed = o->hashed;
	if (dir == -1) {
		err_sys(err, "suppression list: open %s", folder);
		suppression_close(s);
		return NULL;
	}
	r = env_open(s, folder, err);
	if (r == 0)
		r = key_read(s, dir, err);
	if (r == 0)
		r = bases_open(s, dir, err);
	if (r == 0)
		r = expiry_find(s, err);
	if (r == 0)
		r = suppression_lost_read(s, err);
	if (r == 0 && o->copies != NULL)
		r = suppression_copies_open(s, o->copies, err);
	close(dir);
	if (r == 0) {
		s->merge_wanted = s->state.frozen || (s->hashed && s->base.texts > 0);
		return s;
	}
	suppression_close(s);
	return NULL;
}

void
suppression_close(struct suppression *s)
{
	if (s == NULL)
		return;
	suppression_merge_drop(s);
	if (s->open != NULL)
		mdb_txn_abort(s->open);
	if (s->env != NULL)
		mdb_env_close(s->env);
	base_close(&s->base);
	for (int i = 0; i < 2; i++) {
		if (s->fds[i] != -1)
			close(s->fds[i]);
		if (s->copy_fds[i] != -1)
			close(s->copy_fds[i]);
	}
	free(s);
}
