#include "ground.h"
#include "err.h"
#include "handout.h"
#include "house_run.h"
#include "layout.h"
#include "log.h"
#include "sockets.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

/* The lock on the pid file is the lock on the run folder: one master a configuration. */
static int
pid_file(struct house *h, struct err *err)
{
	char path[4096], text[32];
	int fd, n;

	snprintf(path, sizeof(path), "%s/posthoused.pid", conf_str(conf_top(h->conf), "run"));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_sys(err, "open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		close(fd);
		h->exit_code = EX_TEMPFAIL;
		return err_set(
		    err, "another posthoused runs already with this run folder (%s)", path);
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == -1 || write(fd, text, (size_t)n) != n)
		return err_sys(err, "write %s", path);
	return 0;
}

static int
log_open(struct house *h, struct err *err)
{
	const char *log = conf_str(conf_top(h->conf), "log");

	h->log_fd = STDERR_FILENO;
	if (strcmp(log, "stderr") != 0)
		h->log_fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (h->log_fd == -1)
		return err_sys(err, "open the log %s", log);
	log_init("posthoused", h->log_fd);
	log_set_level(handout_log_level(h->conf));
	log_set_gather(true);
	return 0;
}

int
ground_prepare(struct house *h, struct err *err)
{
	unsigned uid, gid;

	for (enum role_kind k = ROLE_MASTER; k < ROLE_KINDS; k++)
		if (layout_user(h->conf, k, &uid, &gid, err) == -1) {
			h->exit_code = EX_NOUSER;
			return -1;
		}
	h->exit_code = EX_CANTCREAT;
	if (layout_make(h->conf, err) == -1 || log_open(h, err) == -1 || pid_file(h, err) == -1)
		return -1;
	h->exit_code = EX_UNAVAILABLE;
	h->sockets = sockets_bind_patiently(h->conf, house_workers(h->conf), err);
	return h->sockets == NULL ? -1 : 0;
}
