/* The second copy of the suppression list: of its packed file, its key and the names of its scopes, in a folder of its own. Two
 * files take turns, so that one is whole while the other is written.
 *
 *	head (64 bytes), the packed file, scopes: number (4), length (2), name
 *
 * The head is written last; it and the scopes carry a CRC32C each, the packed file has its own. */
#include "suppression_inside.h"
#include "crc32c.h"
#include "endian_bytes.h"
#include "lmdb_check.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 64, HEAD_SUMMED = 60, CHUNK_BYTES = 256 * 1024, PATH_BYTES = 4096 };
enum { AT_GENERATION = 8, AT_BASE = 16, AT_SCOPES = 24, AT_KEY = 32, AT_SCOPES_CRC = 48 };
enum { SCOPES_BYTES = 1 << 30, SCOPE_HEAD = 6 };

static const char magic[8] = "phcopy\0\1";
static const char *const names[2] = { "copy.0", "copy.1" };

struct suppression_copy {
	int from, to;
	uint64_t generation, base_bytes;
	struct siphash_key key;
	struct buf scopes;
};

struct head {
	uint64_t generation, base_bytes, scopes_bytes;
	struct siphash_key key;
	uint32_t scopes_crc;
};

/* ---- reading ---- */

static bool
head_read(int fd, struct head *h)
{
	uint8_t b[HEAD_BYTES];
	struct stat st;

	if (fd == -1 || pread(fd, b, sizeof(b), 0) != (ssize_t)sizeof(b) ||
	    memcmp(b, magic, sizeof(magic)) != 0 ||
	    be32(b + HEAD_SUMMED) != crc32c(0, span_of((char *)b, HEAD_SUMMED)))
		return false;
	*h = (struct head){ .generation = be64(b + AT_GENERATION),
		.base_bytes = be64(b + AT_BASE),
		.scopes_bytes = be64(b + AT_SCOPES),
		.scopes_crc = be32(b + AT_SCOPES_CRC) };
	memcpy(&h->key, b + AT_KEY, sizeof(h->key));
	return fstat(fd, &st) == 0 && h->scopes_bytes <= SCOPES_BYTES &&
	       (uint64_t)st.st_size == HEAD_BYTES + h->base_bytes + h->scopes_bytes;
}

/* The newest first; false: there is none (i: the how manieth). */
static bool
copy_at(const int fds[2], unsigned i, struct head *h, int *fd)
{
	struct head heads[2];
	bool good[2] = { head_read(fds[0], &heads[0]), head_read(fds[1], &heads[1]) };
	unsigned newest = good[1] && (!good[0] || heads[1].generation > heads[0].generation);
	unsigned which = i == 0 ? newest : newest ^ 1u;

	if (!good[which])
		return false;
	*h = heads[which];
	*fd = fds[which];
	return true;
}

int
suppression_copies_open(struct suppression *s, const char *folder, struct err *err)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir == -1)
		return err_sys(err, "suppression list: open %s", folder);
	for (int i = 0; i < 2; i++)
		s->copy_fds[i] = openat(dir, names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->copy_fds[0] == -1 || s->copy_fds[1] == -1 || fsync(dir) == -1) {
		close(dir);
		return err_sys(err, "suppression list: open its second copy");
	}
	close(dir);
	return 0;
}

/* Before the list is open. */
static bool
newest_of(const char *copies, struct head *h)
{
	char path[PATH_BYTES];
	int fds[2], fd;
	bool there;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", copies, names[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	there = copy_at(fds, 0, h, &fd);
	for (int i = 0; i < 2; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return there;
}

/* ---- writing ---- */

static void
scope_put(struct suppression_copy *c, const MDB_val *number, const MDB_val *name)
{
	uint8_t n[2];

	if (number->mv_size != 4 || name->mv_size > SUPPRESSION_SCOPE_MAX)
		return;
	be16_put(n, (uint16_t)name->mv_size);
	buf_add(&c->scopes, number->mv_data, 4);
	buf_add(&c->scopes, n, sizeof(n));
	buf_add(&c->scopes, name->mv_data, name->mv_size);
}

static void
scopes_put(struct suppression *s, struct suppression_copy *c)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, NULL);
	MDB_cursor *cursor;
	MDB_val k, v;

	buf_init(&c->scopes, SCOPES_BYTES);
	if (txn == NULL)
		return;
	if (mdb_cursor_open(txn, s->scopes, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
			scope_put(c, &k, &v);
		mdb_cursor_close(cursor);
	}
	suppression_read_end(s, txn);
}

struct suppression_copy *
suppression_copy_new(struct suppression *s)
{
	struct suppression_copy *c;

	if (s->copy_fds[0] == -1 || s->copying || s->state.generation == 0 || s->lost[0] != '\0')
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fatal("out of memory for a copy of the suppression list");
	*c = (struct suppression_copy){ .from = s->fds[s->state.slot],
		.to = s->copy_fds[s->state.generation & 1],
		.generation = s->state.generation,
		.base_bytes = s->base.map_bytes,
		.key = s->key };
	scopes_put(s, c);
	s->copying = true;
	return c;
}

void
suppression_copy_free(struct suppression *s, struct suppression_copy *c)
{
	s->copying = false;
	buf_free(&c->scopes);
	free(c);
}

static int
write_all(int fd, struct span s, uint64_t at, struct err *err)
{
	while (s.n > 0) {
		ssize_t n = pwrite(fd, s.p, s.n, (off_t)at);

		if (n <= 0)
			return err_sys(err, "write");
		s = span_from(s, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

static int
bytes_copy(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n, struct err *err)
{
	char *chunk = malloc(CHUNK_BYTES);
	int r = 0;

	if (chunk == NULL)
		fatal("out of memory for a copy of the suppression list");
	for (uint64_t done = 0; r == 0 && done < n;) {
		size_t want = n - done < CHUNK_BYTES ? (size_t)(n - done) : CHUNK_BYTES;
		ssize_t got = pread(from, chunk, want, (off_t)(from_at + done));

		if (got <= 0)
			r = got == 0 ? err_set(err, "it is cut short") : err_sys(err, "read");
		else
			r = write_all(to, span_of(chunk, (size_t)got), to_at + done, err);
		done += got > 0 ? (uint64_t)got : 0;
	}
	free(chunk);
	return r;
}

static int
head_write(const struct suppression_copy *c, struct err *err)
{
	uint8_t b[HEAD_BYTES] = { 0 };

	memcpy(b, magic, sizeof(magic));
	be64_put(b + AT_GENERATION, c->generation);
	be64_put(b + AT_BASE, c->base_bytes);
	be64_put(b + AT_SCOPES, c->scopes.n);
	memcpy(b + AT_KEY, &c->key, sizeof(c->key));
	be32_put(b + AT_SCOPES_CRC, crc32c(0, buf_all(&c->scopes)));
	be32_put(b + HEAD_SUMMED, crc32c(0, span_of((char *)b, HEAD_SUMMED)));
	return write_all(c->to, span_of((char *)b, sizeof(b)), 0, err);
}

static int
copy_write(const struct suppression_copy *c, struct err *err)
{
	if (buf_over(&c->scopes))
		return err_set(err, "there are too many scopes");
	if (ftruncate(c->to, 0) == -1)
		return err_sys(err, "empty it");
	if (bytes_copy(c->from, 0, c->to, HEAD_BYTES, c->base_bytes, err) == -1 ||
	    write_all(c->to, buf_all(&c->scopes), HEAD_BYTES + c->base_bytes, err) == -1)
		return -1;
	if (fdatasync(c->to) == -1)
		return err_sys(err, "sync");
	if (head_write(c, err) == -1)
		return -1;
	return fdatasync(c->to) == -1 ? err_sys(err, "sync") : 0;
}

int
suppression_copy_write(struct suppression_copy *c, struct err *err)
{
	return copy_write(c, err) == 0 ? 0
				       : err_context(err, "second copy of the suppression list");
}

/* ---- a list that was lost ---- */

const char *
suppression_lost(const struct suppression *s)
{
	return s->lost[0] == '\0' ? NULL : s->lost;
}

int
suppression_lost_read(struct suppression *s, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, MDB_RDONLY, err);
	MDB_val key = { 4, "lost" }, val;

	if (txn == NULL)
		return -1;
	if (mdb_get(txn, s->meta, &key, &val) == 0)
		snprintf(s->lost, sizeof(s->lost), "%.*s", (int)val.mv_size, (char *)val.mv_data);
	mdb_txn_abort(txn);
	return 0;
}

/* The names of the copy's scopes, so that its entries and those that come meanwhile mean the same by a number. */
static int
scopes_take(struct suppression *s, MDB_txn *txn, struct span in)
{
	while (in.n >= SCOPE_HEAD) {
		size_t n = be16((const uint8_t *)in.p + 4);
		MDB_val number = { 4, (void *)in.p }, name = { n, (void *)(in.p + SCOPE_HEAD) };
		int rc;

		if (n == 0 || n > SUPPRESSION_SCOPE_MAX || SCOPE_HEAD + n > in.n)
			return MDB_CORRUPTED;
		if ((rc = mdb_put(txn, s->scopes, &number, &name, 0)) != 0 ||
		    (rc = mdb_put(txn, s->scope_names, &name, &number, 0)) != 0)
			return rc;
		in = span_from(in, SCOPE_HEAD + n);
	}
	return in.n == 0 ? 0 : MDB_CORRUPTED;
}

static int
scopes_bring(struct suppression *s, MDB_txn *txn)
{
	struct head h;
	struct buf b;
	int fd, rc = 0;

	if (!copy_at(s->copy_fds, 0, &h, &fd) || h.scopes_bytes == 0)
		return 0;
	buf_init(&b, SCOPES_BYTES);
	if (pread(fd, buf_room(&b, h.scopes_bytes), h.scopes_bytes,
		(off_t)(HEAD_BYTES + h.base_bytes)) == (ssize_t)h.scopes_bytes &&
	    crc32c(0, span_of(b.p, h.scopes_bytes)) == h.scopes_crc)
		rc = scopes_take(s, txn, span_of(b.p, h.scopes_bytes));
	else
		rc = MDB_CORRUPTED;
	buf_free(&b);
	return rc;
}

int
suppression_lost_put(struct suppression *s, const char *why, struct err *err)
{
	MDB_txn *txn = suppression_txn(s, 0, err);
	MDB_val key = { 4, "lost" }, val = { strlen(why), (void *)(uintptr_t)why };
	int rc;

	if (txn == NULL)
		return -1;
	rc = mdb_put(txn, s->meta, &key, &val, 0);
	if (rc == 0)
		rc = scopes_bring(s, txn);
	if (suppression_txn_end(s, txn, rc, "begin anew", err) == -1)
		return -1;
	snprintf(s->lost, sizeof(s->lost), "%s", why);
	return 0;
}

/* ---- opening whatever there is ---- */

static int
set_all_aside(const char *folder, struct err *err)
{
	/* data.mdb last: while it is there its damage is seen again, should this be cut short. */
	static const char *const files[] = { "base.0", "base.1", "key", "data.mdb" };
	char path[PATH_BYTES];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		if (lmdb_set_aside(path, err) == -1)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/lock.mdb", folder);
	return unlink(path) == -1 && errno != ENOENT ? err_sys(err, "remove %s", path) : 0;
}

/* ---- the file "lost": why a list is being begun anew, until the new one says so itself ----
 *
 * Cut short in between, what is left looks like a list that never was. */

static int
folder_sync(const char *folder, struct err *err)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir == -1 || fsync(dir) == -1 ? err_sys(err, "sync %s", folder) : 0;

	if (dir != -1)
		close(dir);
	return r;
}

static int
marker_put(const char *folder, const char *why, struct err *err)
{
	char path[PATH_BYTES];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s/lost", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, "make %s", path);
	if (write_all(fd, span_str(why), 0, err) == -1 || fsync(fd) == -1)
		r = err_sys(err, "write %s", path);
	close(fd);
	return r == -1 ? -1 : folder_sync(folder, err);
}

static bool
marker_get(const char *folder, struct err *why)
{
	char path[PATH_BYTES], text[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/lost", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n > 0)
		err_set(why, "%.*s", (int)n, text);
	else
		err_set(why, "it was damaged");
	return true;
}

/* Durably: what stayed would begin it anew once more. */
static int
marker_remove(const char *folder, struct err *err)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/lost", folder);
	if (unlink(path) == -1)
		return err_sys(err, "remove %s", path);
	return folder_sync(folder, err);
}

static struct suppression *
begin_anew(
    const char *folder, const struct suppression_options *o, const char *why, struct err *err)
{
	struct suppression *s;
	struct head h;
	int dir;

	if (marker_put(folder, why, err) == -1 || set_all_aside(folder, err) == -1)
		return NULL;
	if (o->copies != NULL && newest_of(o->copies, &h)) {
		dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir == -1 || suppression_key_store(dir, &h.key, err) == -1) {
			if (dir != -1)
				close(dir);
			return NULL;
		}
		close(dir);
	}
	s = suppression_open(folder, o, err);
	if (s != NULL &&
	    (suppression_lost_put(s, why, err) == -1 || marker_remove(folder, err) == -1)) {
		suppression_close(s);
		return NULL;
	}
	return s;
}

struct suppression *
suppression_begin_or_open(
    const char *folder, const struct suppression_options *o, bool *lost, struct err *err)
{
	struct err why = { "" };
	struct suppression *s;
	enum lmdb_state state;
	char path[PATH_BYTES];
	struct head h;

	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	state = lmdb_check(path, 0, &why);
	if (state == LMDB_NONE && o->copies != NULL && newest_of(o->copies, &h)) {
		err_set(&why, "it is missing, and there was one");
		state = LMDB_DAMAGED;
	}
	if (marker_get(folder, &why))
		state = LMDB_DAMAGED;
	*lost = false;
	if (state != LMDB_DAMAGED && (s = suppression_open(folder, o, &why)) != NULL)
		return s;
	*lost = true;
	return begin_anew(folder, o, why.text, err);
}

/* ---- back ---- */

static int
base_bring(struct suppression *s, const struct head *h, int fd, struct base *base, struct err *err)
{
	int to = s->fds[s->state.slot];

	if (memcmp(&h->key, &s->key, sizeof(s->key)) != 0)
		return err_set(err, "it is of another list: its key is another");
	if (ftruncate(to, 0) == -1)
		return err_sys(err, "empty the file it goes to");
	if (bytes_copy(fd, HEAD_BYTES, to, 0, h->base_bytes, err) == -1)
		return -1;
	if (fdatasync(to) == -1)
		return err_sys(err, "sync");
	return base_open(base, to, h->generation, err);
}

/* From here on it lacks nothing; generation 0: there is no packed file. */
static int
found_again(struct suppression *s, uint64_t generation, struct err *err)
{
	struct suppression_meta next = s->state;
	MDB_txn *txn = suppression_txn(s, 0, err);
	MDB_val key = { 4, "lost" };
	int rc;

	if (txn == NULL)
		return -1;
	next.generation = generation;
	rc = suppression_state_put(s, txn, &next);
	if (rc == 0)
		rc = mdb_del(txn, s->meta, &key, NULL);
	if (suppression_txn_end(s, txn, rc, "restore", err) == -1)
		return -1;
	s->state = next;
	s->lost[0] = '\0';
	suppression_merge_want(s); /* what came since goes in, and into a new copy */
	return 0;
}

/* Or an old one would count as newer than those of the list that begins here, should that be lost. */
static void
copies_forget(struct suppression *s)
{
	for (int i = 0; i < 2; i++)
		if (s->copy_fds[i] != -1 && ftruncate(s->copy_fds[i], 0) == -1)
			log_warn(
			    "copy-not-emptied", "file=%s why=\"%s\"", names[i], strerror(errno));
}

int
suppression_restore(struct suppression *s, bool without_copy, uint64_t *entries, struct err *err)
{
	struct base base;
	struct head h;
	int fd;

	must(s->open == NULL);
	*entries = 0;
	if (s->lost[0] == '\0')
		return err_set(err, "the suppression list lacks nothing");
	if (without_copy) {
		if (found_again(s, s->state.generation, err) == -1)
			return -1;
		copies_forget(s);
		*entries = suppression_count(s);
		return 0;
	}
	err_set(err, "there is no second copy");
	for (unsigned i = 0; i < 2; i++) {
		if (!copy_at(s->copy_fds, i, &h, &fd) || base_bring(s, &h, fd, &base, err) == -1)
			continue;
		if (found_again(s, h.generation, err) == -1) {
			base_close(&base);
			return -1;
		}
		base_close(&s->base);
		s->base = base;
		*entries = suppression_count(s);
		return 0;
	}
	return err_context(err, "second copy");
}
