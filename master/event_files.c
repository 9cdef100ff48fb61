#include "event_files.h"
#include "err.h"
#include "event_moved.h"
#include "layout.h"
#include "proto_master.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOVED_MAX = 8 }; /* a day each: what the journal still has is rarely older */

static void
give(struct chan *c, const char *name, int fd)
{
	master_give_put(c, &(struct master_give){ .name = span_str(name), .fd = fd });
}

static int
event_open(const struct conf *conf, int folder, const char *file, int flags, struct err *err)
{
	int fd = openat(folder, file, flags | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd == -1)
		return err_sys(err, "open %s/%s", conf_str(conf_top(conf), "events"), file);
	return fd;
}

/* Its role appends, with a descriptor that cannot be mapped; with another one it reads (queued the tail when it starts, to
 * tell no end twice). trackd-stats reads by its group. */
static int
event_file(const struct conf *conf, struct chan *c, const char *file, struct err *err)
{
	int folder, append = -1, read = -1;
	unsigned uid, gid;

	if (layout_user(conf, ROLE_STATS, &uid, &gid, err) == -1)
		return -1;
	folder = layout_folder(conf, "events", "", ROLE_MASTER, err);
	if (folder == -1)
		return -1;
	append = event_open(conf, folder, file, O_WRONLY | O_APPEND | O_CREAT, err);
	if (append != -1)
		read = event_open(conf, folder, file, O_RDONLY, err);
	close(folder);
	if (read == -1) {
		if (append != -1)
			close(append);
		return -1;
	}
	if (fchown(append, 0, gid) == -1) {
		err_sys(err, "give %s to the group that reads it", file);
		close(append);
		close(read);
		return -1;
	}
	give(c, "events", append);
	give(c, "events-read", read);
	return 0;
}

static const char *
event_file_of(enum role_kind kind)
{
	switch (kind) {
	case ROLE_QUEUED:
		return "queued.jsonl";
	case ROLE_BOUNCD:
		return "bouncd.jsonl";
	case ROLE_WEB:
		return "trackd-web.jsonl";
	case ROLE_STATS:
		return "trackd-stats.jsonl";
	default:
		return NULL;
	}
}

int
event_files_hand(const struct conf *conf, enum role_kind kind, struct chan *c, struct err *err)
{
	const char *file = event_file_of(kind);

	return file == NULL ? 0 : event_file(conf, c, file, err);
}

struct moved {
	char name[NAME_MAX + 1];
	time_t when;
};

static int
youngest_first(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return x->when < y->when ? 1 : x->when > y->when ? -1 : strcmp(x->name, y->name);
}

/* The youngest MOVED_MAX of them, in order; the folder is closed. */
static unsigned
moved_list(DIR *dir, const char *file, struct moved found[MOVED_MAX + 1])
{
	unsigned n = 0;

	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		struct stat st;

		if (!event_is_moved(d->d_name, file) ||
		    fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		found[n].when = st.st_mtime;
		snprintf(found[n++].name, sizeof(found->name), "%s", d->d_name);
		qsort(found, n, sizeof(*found), youngest_first);
		if (n > MOVED_MAX)
			n = MOVED_MAX;
	}
	return n;
}

int
event_files_before(const struct conf *conf, enum role_kind kind, struct chan *c, struct err *err)
{
	int folder = layout_folder(conf, "events", "", ROLE_MASTER, err);
	DIR *dir = folder == -1 ? NULL : fdopendir(folder);
	struct moved found[MOVED_MAX + 1];
	unsigned n;

	if (dir == NULL) {
		if (folder == -1)
			return -1;
		close(folder);
		return err_sys(err, "read %s", conf_str(conf_top(conf), "events"));
	}
	n = moved_list(dir, event_file_of(kind), found);
	for (unsigned i = 0; i < n; i++) {
		char name[40];
		int fd = openat(folder, found[i].name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		snprintf(name, sizeof(name), "events-before %u", i);
		if (fd != -1)
			give(c, name, fd);
	}
	closedir(dir);
	return 0;
}
