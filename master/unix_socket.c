#include "unix_socket.h"
#include "err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONTROL_BACKLOG = 128 };

static int
address(const char *path, struct sockaddr_un *un, struct err *err)
{
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(un->sun_path))
		return err_set(err,
		    "%s: longer than a socket's name may be (%zu bytes); set run to a shorter path",
		    path, sizeof(un->sun_path) - 1);
	memcpy(un->sun_path, path, strlen(path));
	return 0;
}

/* Made with that mode, not made and then narrowed. This process has one thread, so the umask is its own. */
static int
made(const char *path, mode_t mode, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
	struct sockaddr_un un;
	mode_t before;

	if (fd == -1)
		return err_sys(err, "socket");
	if (address(path, &un, err) == -1) {
		close(fd);
		return -1;
	}
	before = umask(0777 & ~mode);
	r = bind(fd, (const struct sockaddr *)&un, sizeof(un));
	umask(before);
	if (r == -1) {
		err_sys(err, "cannot listen");
		close(fd);
		return -1;
	}
	return fd;
}

/* Whoever listens takes the connection, or has a full queue. */
static bool
somebody_listens(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un un;
	bool listens;

	if (fd == -1 || address(path, &un, NULL) == -1)
		return true;
	listens = connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0 || errno == EAGAIN;
	close(fd);
	return listens;
}

static int
make_way(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(
		    err, "%s is there and is not a socket: remove it, or listen elsewhere", path);
	if (st.st_uid != geteuid())
		return err_set(err,
		    "%s is a socket of uid %u, not of posthoused: remove it, or listen elsewhere",
		    path, st.st_uid);
	if (somebody_listens(path))
		return err_set(err, "another process listens at %s", path);
	if (unlink(path) == -1)
		return err_sys(err, "remove %s", path);
	return 0;
}

int
unix_socket_listen(const char *path, int backlog, struct unix_socket *file, struct err *err)
{
	struct stat st;
	int fd;

	if (make_way(path, err) == -1)
		return -1;
	fd = made(path, 0666, err);
	if (fd == -1)
		return -1;
	if (listen(fd, backlog) == -1 || lstat(path, &st) == -1) {
		err_sys(err, "cannot listen");
		close(fd);
		return -1;
	}
	*file = (struct unix_socket){ st.st_dev, st.st_ino };
	return fd;
}

void
unix_socket_remove(const char *path, const struct unix_socket *file)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
		(void)unlink(path);
}

int
unix_socket_control(
    const char *run, const char *role, const char *file, unsigned gid, struct err *err)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1], hidden[sizeof(path)];
	int fd, n = snprintf(path, sizeof(path), "%s/%s/%s", run, role, file);
	struct sockaddr_un un;

	snprintf(hidden, sizeof(hidden), "%s/making/%s", run, file);
	if ((size_t)n >= sizeof(path) || address(path, &un, err) == -1)
		return err_set(err,
		    "%s/%s/%s: longer than a socket's name may be; set run to a shorter path", run,
		    role, file);
	if (unlink(hidden) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s", hidden);
	fd = made(hidden, 0660, err);
	if (fd == -1)
		return err_context(err, "%s", hidden);
	if (lchown(hidden, 0, gid) == -1 || listen(fd, CONTROL_BACKLOG) == -1 ||
	    rename(hidden, path) == -1) {
		err_sys(err, "make %s", path);
		(void)unlink(hidden);
		close(fd);
		return -1;
	}
	return fd;
}
