#include "accepted.h"
#include "err.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	KEPT = 10,
	TEXT_BYTES =
	    128 * 1024 *
	    1024, /* of a configuration that was read: 64 MB at most, a bit more as we write it */
	PART_BYTES =
	    3 * 1024 * 1024, /* the reader takes files of 4 MB: a larger copy includes its parts */
	NUMBERS_MAX = 256,
	NAME_BYTES = 64,
};

static int
descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void
name_of(char out[NAME_BYTES], uint64_t number, unsigned part)
{
	if (part == 0)
		snprintf(out, NAME_BYTES, "%" PRIu64 ".conf", number);
	else
		snprintf(out, NAME_BYTES, "%" PRIu64 ".conf.%04u", number, part);
}

static void
folder_path(const struct conf *conf, char *out, size_t size)
{
	snprintf(out, size, "%s/accepted", conf_str(conf_top(conf), "state"));
}

static int
folder_open(const struct conf *conf, struct err *err)
{
	char path[4096];
	int fd;

	folder_path(conf, path, sizeof(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd == -1 ? err_sys(err, "open %s", path) : fd;
}

/* The numbers there are, the newest first. */
static size_t
numbers(int folder, uint64_t out[NUMBERS_MAX])
{
	int fd = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	size_t n = 0;

	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		return 0;
	}
	rewinddir(dir);
	for (struct dirent *d; n < NUMBERS_MAX && (d = readdir(dir)) != NULL;) {
		char name[NAME_BYTES];

		if (sscanf(d->d_name, "%" SCNu64, &out[n]) != 1)
			continue;
		name_of(name, out[n], 0);
		n += strcmp(name, d->d_name) == 0;
	}
	closedir(dir);
	qsort(out, n, sizeof(out[0]), descending);
	return n;
}

/* As much as fits in a file and ends before a block or setting of the top: a line that is neither indented nor a brace. */
static struct span
part_of(struct span rest)
{
	size_t n = rest.n < PART_BYTES ? rest.n : PART_BYTES;

	if (n == rest.n)
		return rest;
	while (n > 0 && (rest.p[n - 1] != '\n' || rest.p[n] == '\t' || rest.p[n] == '}'))
		n--;
	return span_first(rest, n == 0 ? rest.n : n);
}

static int
file_write(int folder, const char *name, struct span text, struct err *err)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(err, "open %s", name);
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n <= 0)
			break;
		text = span_from(text, (size_t)n);
	}
	if (text.n > 0 || fsync(fd) == -1) {
		err_sys(err, "write %s", name);
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static void
copy_remove(int folder, uint64_t number)
{
	char name[NAME_BYTES];

	name_of(name, number, 0);
	(void)unlinkat(folder, name, 0);
	for (unsigned part = 1;; part++) {
		name_of(name, number, part);
		if (unlinkat(folder, name, 0) == -1)
			return;
	}
}

/* The parts first; the copy is there when its own file has its name. */
static int
copy_write(int folder, uint64_t number, struct span text, struct err *err)
{
	char name[NAME_BYTES];
	struct buf head;
	int r = 0;

	buf_init(&head, PART_BYTES);
	if (part_of(text).n == text.n)
		buf_span(&head, text);
	else
		for (unsigned part = 1; r == 0 && text.n > 0; part++) {
			struct span piece = part_of(text);

			name_of(name, number, part);
			r = file_write(folder, name, piece, err);
			buf_printf(&head, "include %s\n", name);
			text = span_from(text, piece.n);
		}
	name_of(name, number, 0);
	if (r == 0)
		r = file_write(folder, "new", buf_all(&head), err);
	if (r == 0 && (renameat(folder, "new", folder, name) == -1 || fsync(folder) == -1))
		r = err_sys(err, "keep %s", name);
	if (r == -1)
		copy_remove(folder, number);
	buf_free(&head);
	return r;
}

static bool
file_is(int folder, const char *name, struct span text)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char block[64 * 1024];
	ssize_t n = -1;

	while (fd != -1 && (n = read(fd, block, sizeof(block))) > 0 &&
	       span_eq(span_of(block, (size_t)n), span_first(text, (size_t)n)))
		text = span_from(text, (size_t)n);
	if (fd != -1)
		close(fd);
	return n == 0 && text.n == 0;
}

static bool
copy_is(int folder, uint64_t number, struct span text)
{
	char name[NAME_BYTES];

	name_of(name, number, 0);
	if (part_of(text).n == text.n)
		return file_is(folder, name, text);
	for (unsigned part = 1; text.n > 0; part++) {
		struct span piece = part_of(text);

		name_of(name, number, part);
		if (!file_is(folder, name, piece))
			return false;
		text = span_from(text, piece.n);
	}
	return true;
}

int
accepted_keep(const struct conf *conf, struct err *err)
{
	int folder = folder_open(conf, err), r = 0;
	uint64_t have[NUMBERS_MAX];
	struct buf text;
	size_t n;

	if (folder == -1)
		return -1;
	n = numbers(folder, have);
	buf_init(&text, TEXT_BYTES);
	conf_show(conf, CONF_SHOW_KEEP, 0, &text);
	if (buf_over(&text))
		r = err_set(err, "it is larger than %d bytes", TEXT_BYTES);
	else if (n == 0 || !copy_is(folder, have[0], buf_all(&text))) {
		r = copy_write(folder, n == 0 ? 1 : have[0] + 1, buf_all(&text), err);
		for (size_t i = KEPT - 1; r == 0 && i < n; i++)
			copy_remove(folder, have[i]);
	}
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
	close(folder);
	return r;
}

int
accepted_path(const struct conf *conf, unsigned n, char *path, size_t size, struct err *err)
{
	int folder = folder_open(conf, err);
	char dir[4096], name[NAME_BYTES];
	uint64_t have[NUMBERS_MAX];
	size_t count;

	if (folder == -1)
		return -1;
	folder_path(conf, dir, sizeof(dir));
	count = numbers(folder, have);
	close(folder);
	if (n >= count)
		return err_set(err, "only %zu configurations are kept in %s", count, dir);
	name_of(name, have[n], 0);
	snprintf(path, size, "%s/%s", dir, name);
	return 0;
}
