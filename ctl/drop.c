#include "drop.h"
#include "drop_file.h"
#include "id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_BYTES = (256 << 20) + (64 << 20), /* the largest message, and its recipients */
	LEFT_S = 86400,                        /* so long nobody writes one message */
	NAME_BYTES = 64,
	AWAY = 100, /* exit code of a child that found no relay: the rest need not be tried */
};

/* ---- in ---- */

static int
write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s = span_from(s, (size_t)n);
	}
	return 0;
}

static int
content_write(int fd, const struct submit *s, size_t first)
{
	struct buf head;
	int done;

	buf_init(&head, FILE_BYTES);
	drop_head(s, first, &head);
	done = buf_over(&head) ? -1 : write_all(fd, buf_all(&head));
	buf_free(&head);
	return done == -1 ? -1 : write_all(fd, s->message);
}

/* The folder cannot be opened by those who may only put something there, so its file system is synced. */
static int
file_put(int folder, const struct submit *s, size_t first, const char *making, const char *name)
{
	int fd = openat(folder, making, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int done = -1;

	if (fd == -1)
		return -1;
	if (content_write(fd, s, first) == 0 && fsync(fd) == 0 &&
	    renameat(folder, making, folder, name) == 0)
		done = syncfs(fd);
	if (done == -1) {
		int why = errno;

		(void)unlinkat(folder, making, 0);
		(void)unlinkat(folder, name, 0);
		errno = why;
	}
	close(fd);
	return done;
}

int
drop_keep(const char *path, const struct submit *s, size_t first, struct err *err)
{
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), done;
	char making[NAME_BYTES], name[ID_CHARS + 1];

	if (folder == -1)
		return err_sys(err, "open the folder %s", path);
	snprintf(name, sizeof(name), "%s", id_text(id_new()).c);
	snprintf(making, sizeof(making), ".%s", name);
	done = file_put(folder, s, first, making, name);
	if (done == -1)
		err_sys(err, "keep the message in %s", path);
	close(folder);
	return done;
}

/* ---- out: with the owner's rights ---- */

static int
owner_become(const struct stat *st)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	gid_t gid = pw != NULL ? pw->pw_gid : st->st_gid;
	int groups = pw != NULL ? initgroups(pw->pw_name, gid) : setgroups(0, NULL);

	if (groups == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(st->st_uid, st->st_uid, st->st_uid) == -1)
		return -1;
	return 0;
}

/* A second name of a file would have somebody else's sent, or sent again. */
static bool
is_whole(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_size < FILE_BYTES;
}

static int
file_read(int folder, const char *name, struct buf *out)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;
	char *room;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && is_whole(&st) && st.st_uid == getuid())
		while ((room = buf_room(out, 65536)) != NULL && (n = read(fd, room, 65536)) > 0)
			buf_grew(out, (size_t)n);
	close(fd);
	return n == 0 ? 0 : -1;
}

/* The caller was told that it is sent, so it comes back to its sender. */
static void
notice_make(const struct submit *job, const char *origin, const char *why, struct buf *out)
{
	char mark[ID_CHARS + 1], date[64];
	time_t now = time(NULL);
	struct tm tm;

	snprintf(mark, sizeof(mark), "%s", id_text(id_new()).c);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", localtime_r(&now, &tm));
	buf_printf(out,
	    "From: Mail relay <MAILER-DAEMON@%s>\r\nTo: <%.*s>\r\nDate: %s\r\nMessage-ID: "
	    "<%s@%s>\r\n"
	    "Subject: Undelivered mail returned to sender\r\nAuto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n",
	    origin, SPAN(job->from), date, mark, origin, mark);
	buf_printf(out,
	    "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis message was handed in "
	    "while the "
	    "mail relay was away, and was sent to nobody:\r\n",
	    mark);
	for (size_t i = 0; i < job->to_n; i++)
		buf_printf(out, "\t%.*s\r\n", SPAN(job->to[i]));
	buf_printf(out,
	    "The relay says:\r\n\t%s\r\n\r\n--%s\r\nContent-Type: message/rfc822\r\n\r\n", why,
	    mark);
	buf_span(out, job->message);
	buf_printf(out, "\r\n--%s--\r\n", mark);
}

static int
give_back(const struct submit *job, const char *origin, const char *why)
{
	struct span to = job->from;
	struct submit back = { .socket = job->socket,
		.helo = job->helo,
		.to = &to,
		.to_n = 1,
		.notify = "never",
		.ret = "",
		.envid = "" };
	struct submitted done = { .exit_code = EX_UNAVAILABLE };
	struct buf notice, reply;
	struct err err;

	if (job->from.n == 0)
		return EX_UNAVAILABLE;
	buf_init(&notice, FILE_BYTES + 65536);
	buf_init(&reply, SUBMIT_LINE_BYTES);
	notice_make(job, origin, why, &notice);
	back.message = buf_all(&notice);
	if (!buf_over(&notice))
		(void)submit(&back, &reply, &done, &err);
	buf_free(&notice);
	buf_free(&reply);
	return done.exit_code;
}

/* What is left of a message that the relay took for some of its recipients only. */
static int
rest_keep(const char *path, const struct submit *job, size_t first)
{
	struct err err;

	return first == 0 ? 0 : drop_keep(path, job, first, &err);
}

static void
set_aside(int folder, const char *name)
{
	char aside[NAME_BYTES + 16];

	snprintf(aside, sizeof(aside), "%s.refused", name);
	(void)renameat(folder, name, folder, aside);
}

/* In a process of its own. */
static int
file_send(const char *path, int folder, const char *name, struct submit *job, const char *origin)
{
	struct arena *arena = arena_new(0);
	struct submitted done = { .exit_code = EX_DATAERR };
	struct buf text, reply;
	struct err err = { "" };

	buf_init(&text, FILE_BYTES);
	buf_init(&reply, SUBMIT_LINE_BYTES);
	if (file_read(folder, name, &text) == 0 &&
	    drop_parse(buf_all(&text), arena, job, &err) == 0) {
		(void)submit(job, &reply, &done, &err);
		if (done.exit_code != EX_OK && done.exit_code != EX_TEMPFAIL)
			done.exit_code = give_back(job, origin, err.text);
	}
	if (done.exit_code == EX_OK || (done.exit_code == EX_TEMPFAIL && done.sent > 0 &&
					   rest_keep(path, job, done.sent) == 0))
		(void)unlinkat(folder, name, 0);
	else if (done.exit_code != EX_TEMPFAIL)
		set_aside(folder, name);
	buf_free(&text);
	buf_free(&reply);
	arena_free(arena);
	return done.away ? AWAY : done.exit_code;
}

static int
child_await(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return EX_OSERR;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* Of a file that its owner left half written. */
static void
left_remove(int folder, const char *name, const struct stat *st)
{
	if (S_ISREG(st->st_mode) && st->st_mtime + LEFT_S < time(NULL))
		(void)unlinkat(folder, name, 0);
}

/* Exit code of what became of it; 0 also for what is not a message that waits. */
static int
entry_send(
    const char *path, int folder, const char *name, const struct submit *job, const char *origin)
{
	struct submit own = *job;
	struct stat st;
	struct id id;
	pid_t child;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (name[0] == '.')
		left_remove(folder, name, &st);
	if (id_parse(span_str(name), &id) == -1 || !is_whole(&st))
		return 0;
	child = fork();
	if (child == -1)
		return EX_OSERR;
	if (child == 0) {
		id_init(0); /* ids of its own */
		_exit(owner_become(&st) == -1 ? EX_OSERR
					      : file_send(path, folder, name, &own, origin));
	}
	return child_await(child);
}

/* One at a time: the folder's lock. */
static int
folder_open(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd == -1)
		return errno == ENOENT ? EX_OK : EX_NOPERM;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return -1;
	close(*fd);
	return EX_OK;
}

int
drop_run(const char *path, const struct submit *job, const char *origin)
{
	int fd, code = folder_open(path, &fd);
	struct dirent *d;
	DIR *dir;

	if (code != -1)
		return code;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return EX_OSERR;
	}
	code = EX_OK;
	while (code != AWAY && (d = readdir(dir)) != NULL) {
		int one = entry_send(path, fd, d->d_name, job, origin);

		if (one != EX_OK && one != EX_TEMPFAIL && one != AWAY)
			fprintf(stderr, "sendmail: %s/%s was refused (exit %d)\n", path, d->d_name,
			    one);
		code = one != EX_OK ? one : code;
	}
	closedir(dir);
	return code == AWAY ? EX_TEMPFAIL : code;
}
