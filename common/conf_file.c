#include "conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens a regular file of at most max bytes; -1: err says why, and errno is that of the open. */
static int
open_regular(const char *path, size_t max, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 || fstat(fd, st) == -1) {
		err_sys(err, "cannot read %s", path);
	} else if (!S_ISREG(st->st_mode)) {
		err_set(err, "%s is not a regular file", path);
		errno = 0;
	} else if ((uint64_t)st->st_size > max) {
		err_set(err, "%s is larger than %zu bytes", path, max);
		errno = 0;
	} else
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

/* All of an open file, which may grow up to max meanwhile. */
static int
read_whole(int fd, size_t max, struct buf *out, const char *path, struct err *err)
{
	for (;;) {
		size_t want = max + 1 - out->n < 16384 ? max + 1 - out->n : 16384;
		char *room = want == 0 ? NULL : buf_room(out, want);
		ssize_t n;

		if (room == NULL)
			return err_set(err, "%s is larger than %zu bytes", path, max);
		n = read(fd, room, want);
		if (n == 0)
			return 0;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "cannot read %s", path);
		buf_grew(out, (size_t)n);
	}
}

const char *
conf_folder_of(const char *path, struct arena *arena)
{
	ptrdiff_t slash = span_find_last(span_str(path), '/');

	if (slash < 0)
		return ".";
	return arena_cstr(arena, span_of(path, slash == 0 ? 1 : (size_t)slash));
}

const char *
conf_path_in(const char *folder, struct span path, struct arena *arena)
{
	size_t n = strlen(folder);

	if (n == 0 || (path.n > 0 && path.p[0] == '/'))
		return arena_cstr(arena, path);
	while (span_starts(path, "./"))
		path = span_from(path, 2);
	return arena_printf(arena, "%s%s%.*s", folder, folder[n - 1] == '/' ? "" : "/", SPAN(path));
}

static const char *
absolute(const char *folder, struct arena *arena)
{
	char whole[PATH_MAX];

	return arena_strdup(arena, realpath(folder, whole) == NULL ? folder : whole);
}

int
conf_file_read(const char *path, struct arena *arena, struct conf_file *file, struct err *err)
{
	struct stat st;
	struct buf text;
	int fd = open_regular(path, CONF_FILE_BYTES, &st, err), result;

	if (fd == -1)
		return -1;
	buf_init(&text, CONF_FILE_BYTES + 1);
	result = read_whole(fd, CONF_FILE_BYTES, &text, path, err);
	close(fd);
	*file = (struct conf_file){ .dev = st.st_dev, .ino = st.st_ino };
	if (result == 0) {
		file->text = arena_span(arena, buf_all(&text));
		file->folder = absolute(conf_folder_of(path, arena), arena);
	}
	buf_free(&text);
	return result;
}

/* The header's rule: nobody but the owner writes, group at most reads. */
static int
mode_ok(const char *path, const struct stat *st, struct conf_problem *p)
{
	mode_t mode = st->st_mode & 07777;

	if ((mode & 0026) == 0)
		return 0;
	err_set(&p->remedy, "chmod 600 %s", path);
	return err_set(&p->what, "the secret in %s may be %s (mode %04o)", path,
	    (mode & 0022) != 0 ? "written by others than its owner" : "read by everybody",
	    (unsigned)mode);
}

static int
secret_text(
    struct buf *b, const char *path, struct arena *arena, const char **out, struct conf_problem *p)
{
	while (b->n > 0 && (b->p[b->n - 1] == '\n' || b->p[b->n - 1] == '\r'))
		b->n--;
	if (b->n == 0 || span_find(buf_all(b), '\0') >= 0) {
		err_set(&p->remedy, "put the secret there as text");
		return err_set(
		    &p->what, "%s %s", path, b->n == 0 ? "is empty" : "holds a NUL byte");
	}
	*out = arena_cstr(arena, buf_all(b));
	return 0;
}

enum conf_secret
conf_secret_read(const char *path, struct arena *arena, const char **out, struct conf_problem *p)
{
	struct stat st;
	struct buf text;
	int fd = open_regular(path, CONF_SECRET_BYTES, &st, &p->what), result;

	if (fd == -1 && errno == EACCES && geteuid() != 0)
		return CONF_SECRET_WITHHELD;
	if (fd == -1)
		return CONF_SECRET_BAD;
	buf_init(&text, CONF_SECRET_BYTES + 1);
	result = mode_ok(path, &st, p);
	if (result == 0)
		result = read_whole(fd, CONF_SECRET_BYTES, &text, path, &p->what);
	if (result == 0)
		result = secret_text(&text, path, arena, out, p);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
	close(fd);
	return result == 0 ? CONF_SECRET_READ : CONF_SECRET_BAD;
}
