#include "accepted.h"
#include "err.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEPT = 10, TEXT_BYTES = 16 * 1024 * 1024, NUMBERS_MAX = 256 };

static int
descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void
folder(const struct conf *conf, char *out, size_t size)
{
	snprintf(out, size, "%s/accepted", conf_str(conf_top(conf), "state"));
}

/* The numbers there are, the newest first. */
static size_t
numbers(const char *path, uint64_t out[NUMBERS_MAX])
{
	DIR *dir = opendir(path);
	size_t n = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *d; n < NUMBERS_MAX && (d = readdir(dir)) != NULL;)
		if (sscanf(d->d_name, "%" SCNu64 ".conf", &out[n]) == 1)
			n++;
	closedir(dir);
	qsort(out, n, sizeof(out[0]), descending);
	return n;
}

static int
text_write(const char *path, struct span text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(err, "open %s", path);
	if (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) == -1) {
		close(fd);
		return err_sys(err, "write %s", path);
	}
	close(fd);
	return 0;
}

int
accepted_keep(const struct conf *conf, struct err *err)
{
	char dir[4096], path[4200];
	uint64_t have[NUMBERS_MAX];
	struct buf text;
	size_t n;
	int r;

	folder(conf, dir, sizeof(dir));
	n = numbers(dir, have);
	buf_init(&text, TEXT_BYTES);
	conf_show(conf, CONF_SHOW_SET, 0, &text);
	snprintf(path, sizeof(path), "%s/%" PRIu64 ".conf", dir, n == 0 ? 1 : have[0] + 1);
	r = text_write(path, buf_all(&text), err);
	buf_free(&text);
	for (size_t i = KEPT - 1; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%" PRIu64 ".conf", dir, have[i]);
		(void)unlink(path);
	}
	return r;
}

int
accepted_path(const struct conf *conf, unsigned n, char *path, size_t size, struct err *err)
{
	char dir[4096];
	uint64_t have[NUMBERS_MAX];
	size_t count;

	folder(conf, dir, sizeof(dir));
	count = numbers(dir, have);
	if (n >= count)
		return err_set(err, "only %zu configurations are kept in %s", count, dir);
	snprintf(path, size, "%s/%" PRIu64 ".conf", dir, have[n]);
	return 0;
}
