#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096 };

int
whole_read(const char *path, struct buf *b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(err, "read %s", path);
	while ((room = buf_room(b, CHUNK_BYTES)) != NULL && (n = read(fd, room, CHUNK_BYTES)) > 0)
		buf_grew(b, (size_t)n);
	close(fd);
	if (room == NULL)
		return err_set(err, "%s is larger than %zu bytes", path, b->max);
	return n == -1 ? err_sys(err, "read %s", path) : 0;
}

static int
fill(int fd, const struct stat *owner, struct span text)
{
	if (owner != NULL && fchown(fd, owner->st_uid, owner->st_gid) == -1)
		return -1;
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n == -1)
			return -1;
		text = span_from(text, (size_t)n);
	}
	return fchmod(fd, 0600) == -1 ? -1 : fsync(fd);
}

static int
folder_open(const char *path)
{
	char folder[4096];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
whole_lock(const char *path, struct err *err)
{
	int fd = folder_open(path);

	if (fd != -1)
		while (flock(fd, LOCK_EX) == -1)
			if (errno != EINTR) {
				err_sys(err, "lock the folder of %s", path);
				close(fd);
				return -1;
			}
	return fd == -1 ? err_sys(err, "open the folder of %s", path) : fd;
}

static void
folder_sync(const char *path)
{
	int fd = folder_open(path);

	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
}

static int
write_as(const char *path, const struct stat *owner, struct span text, struct err *err)
{
	char fresh[4096];
	int fd, filled;

	if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int)sizeof(fresh))
		return err_set(err, "path is too long: %.100s...", path);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "make %s", fresh);
	filled = fill(fd, owner, text);
	if (filled == -1)
		err_sys(err, "write %s", fresh);
	close(fd);
	if (filled == 0 && rename(fresh, path) == 0) {
		folder_sync(path);
		return 0;
	}
	if (filled == 0)
		err_sys(err, "rename %s to %s", fresh, path);
	unlink(fresh);
	return -1;
}

int
whole_write(const char *path, struct span text, struct err *err)
{
	struct stat st;

	return write_as(path, stat(path, &st) == 0 ? &st : NULL, text, err);
}

int
whole_write_own(const char *path, struct span text, struct err *err)
{
	return write_as(path, NULL, text, err);
}
