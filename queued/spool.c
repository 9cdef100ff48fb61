#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HASHED = 256, ZEROS_BYTES = 1024 * 1024 };

static const char *const places[] = { "cur", "hold", "trash", "corrupt" };

/* The last byte of an id counts up, so neighbours in time spread over all folders. */
static unsigned
hashed(struct id id)
{
	return id.b[ID_BYTES - 1];
}

void
spool_name(char out[64], enum spool_place place, struct id id)
{
	if (place == SPOOL_CUR)
		snprintf(out, 64, "cur/%02x/%s", hashed(id), id_text(id).c);
	else
		snprintf(out, 64, "%s/%s", places[place], id_text(id).c);
}

static int
folder_make(int spool, const char *name, struct err *err)
{
	if (mkdirat(spool, name, 0700) == -1 && errno != EEXIST)
		return err_sys(err, "cannot make %s in the spool", name);
	return 0;
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
	if (flock(lock, LOCK_EX | LOCK_NB) == -1)
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

static int
write_all(int fd, struct span a, struct span b)
{
	struct iovec iov[2] = { { (void *)a.p, a.n }, { (void *)b.p, b.n } };
	size_t left = a.n + b.n;

	while (left > 0) {
		ssize_t n = writev(fd, iov, 2);

		if (n <= 0)
			return -1;
		left -= (size_t)n;
		for (unsigned i = 0; i < 2; i++) {
			size_t took = (size_t)n < iov[i].iov_len ? (size_t)n : iov[i].iov_len;

			iov[i].iov_base = (char *)iov[i].iov_base + took;
			iov[i].iov_len -= took;
			n -= (ssize_t)took;
		}
	}
	return 0;
}

int
spool_write(int spool, enum spool_place place, struct id id, struct span head, struct span bytes,
    struct err *err)
{
	char tmp[64], name[64];
	int fd;

	snprintf(tmp, sizeof(tmp), "tmp/%s", id_text(id).c);
	spool_name(name, place, id);
	fd = openat(spool, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, "create %s", tmp);
	if (write_all(fd, head, bytes) == -1 || renameat(spool, tmp, spool, name) == -1) {
		err_sys(err, "write %s", name);
		close(fd);
		(void)unlinkat(spool, tmp, 0);
		return -1;
	}
	close(fd);
	return 0;
}

static int
file_open(int spool, struct id id, int flags, enum spool_place *where)
{
	char name[64];
	int fd;

	for (enum spool_place p = SPOOL_CUR; p <= SPOOL_HOLD; p++) {
		spool_name(name, p, id);
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
spool_read_open(int spool, struct id id, enum spool_place *where)
{
	return file_open(spool, id, O_RDONLY, where);
}

int
spool_mark(int spool, struct id id, size_t at, char mark, struct err *err)
{
	int fd = file_open(spool, id, O_WRONLY, NULL);

	if (fd == -1)
		return err_sys(err, "open %s", id_text(id).c);
	if (pwrite(fd, &mark, 1, (off_t)at) != 1) {
		close(fd);
		return err_sys(err, "mark %s", id_text(id).c);
	}
	close(fd);
	return 0;
}

int
spool_move(int spool, struct id id, enum spool_place from, enum spool_place to, struct err *err)
{
	char a[64], b[64];

	spool_name(a, from, id);
	spool_name(b, to, id);
	return renameat(spool, a, spool, b) == -1 ? err_sys(err, "rename %s to %s", a, b) : 0;
}

int
spool_remove(int spool, struct id id)
{
	char name[64];

	spool_name(name, SPOOL_CUR, id);
	if (unlinkat(spool, name, 0) == 0 || errno != ENOENT)
		return 0;
	spool_name(name, SPOOL_HOLD, id);
	return unlinkat(spool, name, 0);
}

/* Zeros are written, not merely allocated: a first write into an unwritten extent costs the journal twice the sync. */
static int
zeros_write(int fd, size_t bytes)
{
	char *zeros = calloc(1, ZEROS_BYTES);
	size_t at = 0;

	if (zeros == NULL)
		fatal("out of memory for zeros");
	while (at < bytes) {
		size_t n = bytes - at < ZEROS_BYTES ? bytes - at : ZEROS_BYTES;

		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n)
			break;
		at += n;
	}
	free(zeros);
	return at < bytes ? -1 : fsync(fd);
}

int
spool_segment(int spool, unsigned n, size_t bytes, struct err *err)
{
	char name[32];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "journal/%06u", n);
	fd = openat(spool, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, "open %s in the spool", name);
	if (fstat(fd, &st) == -1 || ((size_t)st.st_size == 0 && zeros_write(fd, bytes) == -1)) {
		err_sys(err, "fill %s (%zu bytes) in the spool", name, bytes);
		if (ftruncate(fd, 0) == -1)
			(void)unlinkat(spool, name, 0);
		close(fd);
		return -1;
	}
	return fd;
}

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

static void
folder_each(
    int spool, const char *folder, void (*each)(void *, const char *, const char *), void *ctx)
{
	int fd = openat(spool, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		if (d->d_name[0] != '.')
			each(ctx, folder, d->d_name);
	closedir(dir);
}

void
spool_each(
    int spool, enum spool_place place, void (*each)(void *, const char *, const char *), void *ctx)
{
	char name[16];

	if (place != SPOOL_CUR) {
		folder_each(spool, places[place], each, ctx);
		return;
	}
	for (unsigned i = 0; i < HASHED; i++) {
		snprintf(name, sizeof(name), "cur/%02x", i);
		folder_each(spool, name, each, ctx);
	}
}

void
spool_set_aside(int spool, const char *folder, const char *name)
{
	char from[400], to[400];

	snprintf(from, sizeof(from), "%s/%.300s", folder, name);
	snprintf(to, sizeof(to), "corrupt/%.300s", name);
	(void)renameat(spool, from, spool, to);
}

struct trash {
	int spool;
	uint64_t before_s;
};

/* The time of the rename into trash/ is the file's change time. */
static void
trash_one(void *ctx, const char *folder, const char *name)
{
	struct trash *t = ctx;
	char path[400];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%.300s", folder, name);
	if (fstatat(t->spool, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (uint64_t)st.st_ctime < t->before_s)
		(void)unlinkat(t->spool, path, 0);
}

void
spool_empty_trash(int spool, uint64_t older_than_s)
{
	struct trash t = { spool, (uint64_t)time(NULL) - older_than_s };

	folder_each(spool, places[SPOOL_TRASH], trash_one, &t);
}

static void
tmp_one(void *ctx, const char *folder, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%.300s", folder, name);
	(void)unlinkat(*(int *)ctx, path, 0);
}

void
spool_clean_tmp(int spool)
{
	folder_each(spool, "tmp", tmp_one, &spool);
}
