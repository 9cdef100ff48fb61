#include "users_file.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
users_next(struct span *rest, struct user *u)
{
	while (rest->n > 0) {
		struct span line = span_trim(span_cut(*rest, '\n', rest));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		u->login = span_cut(line, ':', &line);
		u->tenant = span_cut(line, ':', &line);
		u->hash = line;
		return true;
	}
	return false;
}

int
users_word_check(const char *what, struct span s, struct err *err)
{
	bool bad = s.n == 0 || s.n > USER_WORD_BYTES || s.p[0] == '#';

	for (size_t i = 0; i < s.n; i++)
		bad |= (unsigned char)s.p[i] <= ' ' || s.p[i] == ':' || s.p[i] == 127;
	return bad ? err_set(err,
			 "a %s has 1 to %d bytes, no colon, no space, and does not begin with #",
			 what, USER_WORD_BYTES)
		   : 0;
}

/* Comments stay where they are. */
bool
users_set(struct span text, const struct user *u, struct buf *out)
{
	bool was = false;

	while (text.n > 0) {
		struct span line = span_cut(text, '\n', &text), one = line;
		struct user there;

		if (users_next(&one, &there) && span_eq(there.login, u->login)) {
			was = true;
			continue;
		}
		buf_span(out, line);
		buf_byte(out, '\n');
	}
	if (u->hash.n > 0)
		buf_printf(out, "%.*s:%.*s:%.*s\n", SPAN(u->login), SPAN(u->tenant), SPAN(u->hash));
	return was;
}

int
users_read(const char *path, struct buf *b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(err, "read %s", path);
	while ((room = buf_room(b, 65536)) != NULL && (n = read(fd, room, 65536)) > 0)
		buf_grew(b, (size_t)n);
	close(fd);
	if (room == NULL)
		return err_set(err, "%s is larger than %d bytes", path, USERS_BYTES);
	return n == -1 ? err_sys(err, "read %s", path) : 0;
}

/* The new file belongs to whom the old one did. */
static int
fill(int fd, const char *path, struct span text)
{
	struct stat st;

	if (stat(path, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == -1)
		return -1;
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n == -1)
			return -1;
		text = span_from(text, (size_t)n);
	}
	return fchmod(fd, 0600) == -1 ? -1 : fsync(fd);
}

static void
folder_sync(const char *path)
{
	char folder[4096];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
}

int
users_write(const char *path, struct span text, struct err *err)
{
	char fresh[4096];
	int fd, filled;

	if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int)sizeof(fresh))
		return err_set(err, "path is too long: %.100s...", path);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "make %s", fresh);
	filled = fill(fd, path, text);
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
users_hash(const char *password, struct buf *out, struct err *err)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data == NULL)
		fatal("out of memory for a hash");
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) != NULL)
		hash = crypt_r(password, salt, data);
	if (hash != NULL && hash[0] != '*')
		buf_str(out, hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return out->n > 0 ? 0 : err_set(err, "crypt(3) has no yescrypt here");
}
