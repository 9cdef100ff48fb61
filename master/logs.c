#include "logs.h"
#include "err.h"
#include "event_files.h"
#include "log.h"
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* In the background standard output and error are the log too (main.c). */
static int
log_replace(struct house *h, int fd)
{
	static const int also[] = { STDOUT_FILENO, STDERR_FILENO };
	bool is_log[2];

	for (unsigned i = 0; i < 2; i++)
		is_log[i] = same_file(also[i], h->log_fd);
	if (dup3(fd, h->log_fd, O_CLOEXEC) == -1)
		return -1;
	for (unsigned i = 0; i < 2; i++)
		if (is_log[i] && dup2(fd, also[i]) == -1)
			return -1;
	return 0;
}

static int
log_reopen(struct house *h, struct err *err)
{
	const char *log = conf_str(conf_top(h->conf), "log");
	int fd, r = 0;

	if (h->log_fd == STDERR_FILENO)
		return 0;
	fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return err_sys(err, "open the log %s", log);
	log_flush();
	if (!same_file(fd, h->log_fd) && log_replace(h, fd) == -1)
		r = err_sys(err, "go over to the log %s", log);
	close(fd);
	return r;
}

static void
events_hand(const struct house *h, const struct child *c)
{
	struct err err;

	if (c == NULL || c->chan == NULL)
		return;
	if (event_files_hand(h->conf, c->seat->kind, c->chan, &err) == -1)
		log_warn("events-not-reopened", "role=%s why=\"%s\"", role_name(c->seat->kind),
		    err.text);
}

int
logs_reopen(struct house *h, struct err *err)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		events_hand(h, h->seats[i].now);
		events_hand(h, h->seats[i].next);
		for (const struct child *c = h->seats[i].leaving; c != NULL; c = c->older)
			events_hand(h, c);
	}
	return log_reopen(h, err);
}
