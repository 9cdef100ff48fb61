#include "drop_watch.h"
#include "err.h"
#include "id.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EVERY_MS = 60000 }; /* also for what came just as we started, and what was put off */

static struct timer *again;

static bool
has_mail(const struct house *h)
{
	char path[4200];
	struct dirent *d;
	struct id id;
	bool has = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/drop", conf_str(conf_top(h->conf), "state"));
	dir = opendir(path);
	if (dir == NULL) {
		log_warn("drop-folder", "path=%s why=\"%s\"", path, strerror(errno));
		return false;
	}
	while (!has && (d = readdir(dir)) != NULL)
		has = id_parse(span_str(d->d_name), &id) == 0;
	closedir(dir);
	return has;
}

/* PREFIX/bin/posthouse beside PREFIX/sbin/posthoused; in a build folder both lie together. */
static void
program_find(char *path, size_t size)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;

	self[n < 0 ? 0 : n] = '\0';
	dir = dirname(self);
	snprintf(path, size, "%s/posthouse", dir);
	if (access(path, X_OK) == -1)
		snprintf(path, size, "%s/../bin/posthouse", dir);
}

/* sendmail -q hands each in with its owner's rights; a second one finds the folder locked and ends. It is reaped with the
 * roles. */
static void
hand_in(const struct house *h)
{
	char path[4200];
	pid_t child;

	program_find(path, sizeof(path));
	child = fork();
	if (child == 0) {
		execl(path, "sendmail", "-C", h->conf_path, "-q", (char *)NULL);
		_exit(127);
	}
	if (child == -1)
		log_warn("drop-folder", "why=\"fork: %s\"", strerror(errno));
	else
		log_info("drop-run", "pid=%d", (int)child);
}

static void
look(void *ctx)
{
	struct house *h = ctx;

	if (h->state == HOUSE_STOPPING)
		return;
	if (has_mail(h))
		hand_in(h);
	timer_set_ms(again, EVERY_MS);
}

void
drop_watch(struct house *h)
{
	again = timer_new(look, h);
	look(h);
}
