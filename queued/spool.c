#include "spool.h"
#include "index.h"
#include "progress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024, SECTOR_BYTES = 4096 };
enum {
	HASHED = 256,
	ZEROS_BYTES = 1024 * 1024,
	LOCK_TRIES = 100,
	LOCK_PAUSE_MS = 20,
	FOREIGN_SAME = 100
};

static const char *const places[] = { "cur", "hold", "trash", "corrupt" };

/* The last byte of an id counts up, so neighbours in time spread over all folders. */
static void
name_of(char out[64], enum spool_place place, struct id id)
{
	if (place == SPOOL_CUR)
		snprintf(out, 64, "cur/%02x/%s", id.b[ID_BYTES - 1], id_text(id).c);
	else
		snprintf(out, 64, "%s/%s", places[place], id_text(id).c);
}

static void
tmp_name(char out[64], struct id id)
{
	snprintf(out, 64, "tmp/%s", id_text(id).c);
}

char
spool_letter(enum spool_place place)
{
	return "chtx"[place];
}

int
spool_place_of(char letter, enum spool_place *place)
{
	for (enum spool_place p = SPOOL_CUR; p <= SPOOL_CORRUPT; p++)
		if (spool_letter(p) == letter) {
			*place = p;
			return 0;
		}
	return -1;
}

static int
folder_make(int spool, const char *name, struct err *err)
{
	if (mkdirat(spool, name, 0700) == -1 && errno != EEXIST)
		return err_sys(err, "cannot make %s in the spool", name);
	return 0;
}

/* One that was killed may still be in its last sync, and holds the lock until that is over. */
static int
lock_take(int lock)
{
	static const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -1;
}

int
spool_open(int spool, struct err *err)
{
	static const char *const folders[] = { "tmp", "cur", "hold", "trash", "corrupt",
		"journal" };
	char name[16];
	int lock = openat(spool, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock == -1)
		return err_sys(err, "cannot write to the spool");
	if (lock_take(lock) == -1)
		return err_set(err, "another queued uses this spool");
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (folder_make(spool, folders[i], err) == -1)
			return -1;
	for (unsigned i = 0; i < HASHED; i++) {
		snprintf(name, sizeof(name), "cur/%02x", i);
		if (folder_make(spool, name, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- a message's file ---- */

int
spool_new(int spool, struct id id, struct err *err)
{
	char tmp[64];
	int fd;

	tmp_name(tmp, id);
	fd = openat(spool, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd == -1 ? err_sys(err, "create %s", tmp) : fd;
}

int
spool_append(int fd, struct span s, struct err *err)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n <= 0)
			return err_sys(err, "write a message's file");
		s = span_from(s, (size_t)n);
	}
	return 0;
}

int
spool_publish(int spool, struct id id, enum spool_place place, struct err *err)
{
	char tmp[64], name[64];

	tmp_name(tmp, id);
	name_of(name, place, id);
	return renameat(spool, tmp, spool, name) == -1 ? err_sys(err, "rename %s to %s", tmp, name)
						       : 0;
}

void
spool_discard(int spool, struct id id)
{
	char tmp[64];

	tmp_name(tmp, id);
	(void)unlinkat(spool, tmp, 0);
}

int
spool_sync_folder(int spool, struct id id, enum spool_place place, struct err *err)
{
	char folder[64];
	int fd, r;

	name_of(folder, place, id);
	*strrchr(folder, '/') = '\0';
	fd = openat(spool, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "open %s", folder);
	r = fsync(fd);
	progress("syncing the spool");
	if (r == -1)
		err_sys(err, "sync %s", folder);
	close(fd);
	return r;
}

static int
file_open(int spool, struct id id, int flags, enum spool_place last, enum spool_place *where)
{
	char name[64];
	int fd;

	for (enum spool_place p = SPOOL_CUR; p <= last; p++) {
		name_of(name, p, id);
		fd = openat(spool, name, flags | O_CLOEXEC | O_NOFOLLOW);
		if (fd != -1 || errno != ENOENT) {
			if (where != NULL)
				*where = p;
			return fd;
		}
	}
	return -1;
}

int
spool_read(int spool, struct id id, enum spool_place *where)
{
	return file_open(spool, id, O_RDONLY | O_NONBLOCK, SPOOL_HOLD, where);
}

int
spool_read_in(int spool, struct id id, enum spool_place place)
{
	char name[64];

	name_of(name, place, id);
	return openat(spool, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

int
spool_open_to_mark(int spool, struct id id, struct err *err)
{
	int fd = file_open(spool, id, O_RDWR, SPOOL_CORRUPT, NULL);

	return fd == -1 ? err_sys(err, "open %s", id_text(id).c) : fd;
}

int
spool_mark(int fd, uint64_t at, char mark, struct err *err)
{
	return pwrite(fd, &mark, 1, (off_t)at) == 1 ? 0 : err_sys(err, "mark a recipient");
}

bool
spool_has(int spool, struct id id, enum spool_place place)
{
	char name[64];
	struct stat st;

	name_of(name, place, id);
	return fstatat(spool, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
spool_has_any(int spool, struct id id, enum spool_place last)
{
	for (enum spool_place p = SPOOL_CUR; p <= last; p++)
		if (spool_has(spool, id, p))
			return true;
	return false;
}

int
spool_move(int spool, struct id id, enum spool_place to, struct err *err)
{
	char a[64], b[64];

	name_of(b, to, id);
	for (enum spool_place p = SPOOL_CUR; p <= SPOOL_CORRUPT; p++) {
		name_of(a, p, id);
		if (p != to && renameat(spool, a, spool, b) == 0)
			return 0;
		if (p != to && errno != ENOENT)
			return err_sys(err, "rename %s to %s", a, b);
	}
	return spool_has(spool, id, to) ? 0 : err_set(err, "%s is not in the spool", b);
}

int
spool_remove(int spool, struct id id, struct err *err)
{
	char name[64];

	for (enum spool_place p = SPOOL_CUR; p <= SPOOL_HOLD; p++) {
		name_of(name, p, id);
		if (unlinkat(spool, name, 0) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(err, "unlink %s", name);
	}
	return 0;
}

int
spool_remove_others(int spool, struct id id, enum spool_place stays, struct err *err)
{
	char name[64];

	for (enum spool_place p = SPOOL_CUR; p < SPOOL_CORRUPT; p++) {
		name_of(name, p, id);
		if (p != stays && unlinkat(spool, name, 0) == -1 && errno != ENOENT)
			return err_sys(err, "unlink %s", name);
	}
	return 0;
}

int
spool_set_aside(int spool, struct id id, enum spool_place place, struct err *err)
{
	char from[64], to[64];

	name_of(from, place, id);
	name_of(to, SPOOL_CORRUPT, id);
	return renameat(spool, from, spool, to) == -1 ? err_sys(err, "rename %s to %s", from, to)
						      : 0;
}

/* ---- the journal ---- */

/* Zeros are written, not merely allocated: a first write into an unwritten extent costs the journal twice the sync. */
static int
zeros_write(int fd, size_t at, size_t bytes)
{
	char *zeros = calloc(1, ZEROS_BYTES);

	if (zeros == NULL)
		fatal("out of memory for zeros");
	while (at < bytes) {
		size_t n = bytes - at < ZEROS_BYTES ? bytes - at : ZEROS_BYTES;

		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n)
			break;
		at += n;
		progress("making journal segments");
	}
	free(zeros);
	return at < bytes ? -1 : fsync(fd);
}

int
spool_segment(int spool, unsigned n, size_t *bytes, size_t *had, struct err *err)
{
	char name[32];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "journal/%06u", n);
	fd = openat(spool, name, O_RDWR | O_CLOEXEC | (*bytes > 0 ? O_CREAT : 0), 0600);
	if (fd == -1)
		return err_sys(err, "open %s in the spool", name);
	if (fstat(fd, &st) == -1 ||
	    ((size_t)st.st_size < *bytes && zeros_write(fd, (size_t)st.st_size, *bytes) == -1)) {
		err_sys(err, "fill %s (%zu bytes) in the spool", name, *bytes);
		close(fd);
		return -1;
	}
	*had = (size_t)st.st_size;
	if (*had > *bytes)
		*bytes = *had;
	return fd;
}

/* Where a sector cannot be read the copy has zeros. */
static int
segment_copy(int from, int to, size_t n, struct err *err)
{
	char *block = malloc(COPY_BYTES);
	int r = 0;

	if (block == NULL)
		fatal("out of memory for a journal segment");
	for (size_t at = 0; r == 0 && at < n; at += COPY_BYTES) {
		size_t want = n - at < COPY_BYTES ? n - at : COPY_BYTES;

		memset(block, 0, want);
		for (size_t i = 0; i < want; i += SECTOR_BYTES)
			(void)!pread(from, block + i,
			    want - i < SECTOR_BYTES ? want - i : SECTOR_BYTES, (off_t)(at + i));
		r = spool_append(to, span_of(block, want), err);
	}
	free(block);
	return r;
}

int
spool_keep_segment(int spool, int fd, size_t n, const char *name, struct err *err)
{
	char to[64];
	int copy = openat(
	    spool, "tmp/segment", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	snprintf(to, sizeof(to), "corrupt/%s", name);
	if (copy == -1)
		return err_sys(err, "create tmp/segment");
	r = segment_copy(fd, copy, n, err);
	if (r == 0 && fdatasync(copy) == -1)
		r = err_sys(err, "sync tmp/segment");
	close(copy);
	if (r == 0 && renameat(spool, "tmp/segment", spool, to) == -1)
		r = err_sys(err, "rename tmp/segment to %s", to);
	if (r == -1)
		(void)unlinkat(spool, "tmp/segment", 0);
	return r;
}

/* ---- drafts ---- */

int
spool_draft(int spool, uint32_t n, struct err *err)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "tmp/%u", n);
	fd = openat(spool, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd == -1 ? err_sys(err, "create %s", name) : fd;
}

int
spool_draft_read(int spool, uint32_t n)
{
	char name[32];

	snprintf(name, sizeof(name), "tmp/%u", n);
	return openat(spool, name, O_RDONLY | O_CLOEXEC);
}

void
spool_draft_remove(int spool, uint32_t n)
{
	char name[32];

	snprintf(name, sizeof(name), "tmp/%u", n);
	(void)unlinkat(spool, name, 0);
}

/* ---- scans ---- */

static DIR *
folder_open(int spool, const char *folder)
{
	int fd = openat(spool, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL && fd != -1)
		close(fd);
	return dir;
}

/* The next name that is no dot file. */
static const char *
next_name(DIR *dir)
{
	struct dirent *d;

	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			return d->d_name;
	return NULL;
}

struct spool_scan {
	int spool;
	unsigned folder; /* below HASHED of cur/, then hold/, then corrupt/ */
	DIR *dir;
	char path[16];
};

struct spool_scan *
spool_scan_new(int spool)
{
	struct spool_scan *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the scan of the spool");
	s->spool = spool;
	return s;
}

static enum spool_place
scan_place(const struct spool_scan *s)
{
	return s->folder < HASHED ? SPOOL_CUR : s->folder == HASHED ? SPOOL_HOLD : SPOOL_CORRUPT;
}

/* The next name, of this folder or those behind it; NULL: that was all. */
static const char *
scan_name(struct spool_scan *s)
{
	const char *name;

	while (s->folder <= HASHED + 1) {
		if (s->dir == NULL) {
			enum spool_place place = scan_place(s);

			if (place == SPOOL_CUR)
				snprintf(s->path, sizeof(s->path), "cur/%02x", s->folder);
			else
				snprintf(s->path, sizeof(s->path), "%s", places[place]);
			s->dir = folder_open(s->spool, s->path);
		}
		if (s->dir != NULL && (name = next_name(s->dir)) != NULL)
			return name;
		if (s->dir != NULL)
			closedir(s->dir);
		s->dir = NULL;
		s->folder++;
	}
	return NULL;
}

/* Into corrupt/, over nothing that is there. */
static int
foreign_aside(const struct spool_scan *s, const char *name)
{
	char to[300];

	snprintf(to, sizeof(to), "corrupt/%s", name);
	for (unsigned i = 1; i <= FOREIGN_SAME; i++) {
		if (renameat2(dirfd(s->dir), name, s->spool, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
		snprintf(to, sizeof(to), "corrupt/%.255s.%u", name, i);
	}
	return -1;
}

bool
spool_scan_step(struct spool_scan *s, unsigned most,
    void (*each)(void *, struct id, enum spool_place), void (*foreign)(void *, const char *),
    void *ctx)
{
	const char *name = NULL;

	while (most-- > 0 && (name = scan_name(s)) != NULL) {
		enum spool_place place = scan_place(s);
		struct id id;

		if (id_parse(span_str(name), &id) == 0 && strcmp(id_text(id).c, name) == 0 &&
		    (place != SPOOL_CUR || id.b[ID_BYTES - 1] == s->folder))
			each(ctx, id, place);
		else if (place != SPOOL_CORRUPT && foreign_aside(s, name) == 0)
			foreign(ctx, name);
	}
	if (name == NULL)
		free(s);
	return name != NULL;
}

bool
spool_trash_step(
    int spool, void **dir, unsigned most, void (*each)(void *ctx, struct id), void *ctx)
{
	const char *name = NULL;

	if (*dir == NULL)
		*dir = folder_open(spool, places[SPOOL_TRASH]);
	while (*dir != NULL && most-- > 0 && (name = next_name(*dir)) != NULL) {
		struct id id;

		if (id_parse(span_str(name), &id) == 0)
			each(ctx, id);
	}
	if (name == NULL)
		spool_trash_end(*dir);
	return name != NULL;
}

void
spool_trash_end(void *dir)
{
	if (dir != NULL)
		closedir(dir);
}

/* The time of the rename into trash/ is the file's change time. */
void
spool_empty_trash(int spool, uint64_t older_than_s)
{
	DIR *dir = folder_open(spool, places[SPOOL_TRASH]);
	time_t before = time(NULL) - (time_t)older_than_s;
	const char *name;
	struct stat st;

	while (dir != NULL && (name = next_name(dir)) != NULL)
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ctime <= before)
			(void)unlinkat(dirfd(dir), name, 0);
	if (dir != NULL)
		closedir(dir);
}

void
spool_clean_tmp(int spool)
{
	DIR *dir = folder_open(spool, "tmp");
	const char *name;

	while (dir != NULL && (name = next_name(dir)) != NULL)
		(void)unlinkat(dirfd(dir), name, 0);
	if (dir != NULL)
		closedir(dir);
}

/* ---- the reserve ---- */

int
spool_reserve_take(int spool, uint64_t bytes, struct err *err)
{
	int fd = openat(spool, "reserve", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), r;
	struct stat st;

	if (fd == -1)
		return err_sys(err, "create the reserve");
	r = fstat(fd, &st);
	if (r == 0 && (uint64_t)st.st_size < bytes)
		r = fallocate(fd, 0, 0, (off_t)bytes);
	if (r == -1)
		err_sys(err, "fill the reserve");
	close(fd);
	return r;
}

void
spool_reserve_give(int spool)
{
	int fd = openat(spool, "reserve", O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (ftruncate(fd, 0) == 0)
		(void)fsync(fd);
	close(fd);
}

/* ---- the index ---- */

int
spool_suspect_index(int spool, struct err *err)
{
	int fd = openat(spool, "index/" INDEX_SUSPECT, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(err, "create index/" INDEX_SUSPECT);
	close(fd);
	return 0;
}

/* ---- the note ---- */

int
spool_note_write(int spool, struct span text, struct err *err)
{
	int fd = openat(spool, "tmp/tenants", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	if (fd == -1)
		return err_sys(err, "create tmp/tenants");
	r = spool_append(fd, text, err);
	if (r == 0 && fdatasync(fd) == -1)
		r = err_sys(err, "sync tmp/tenants");
	close(fd);
	if (r == 0 && renameat(spool, "tmp/tenants", spool, "tenants") == -1)
		r = err_sys(err, "rename tmp/tenants to tenants");
	return r == 0 && fsync(spool) == -1 ? err_sys(err, "sync the spool's folder") : r;
}

int
spool_note_read(int spool, struct buf *into, struct err *err)
{
	int fd = openat(spool, "tenants", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(err, "open tenants");
	while ((room = buf_room(into, 4096)) != NULL && (n = read(fd, room, 4096)) > 0)
		buf_grew(into, (size_t)n);
	if (n == -1)
		err_sys(err, "read tenants");
	close(fd);
	return n == -1 ? -1 : 0;
}
