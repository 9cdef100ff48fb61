#include "layout.h"
#include "err.h"
#include "role_table.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Which setting names the folder, what is below it, whose it is. */
static const struct folder {
	const char *setting, *below;
	enum role_kind owner;
	mode_t mode;
} folders[] = {
	{ "run", "", ROLE_MASTER, 0755 },
	{ "run", "/empty", ROLE_MASTER, 0555 },
	{ "run", "/making", ROLE_MASTER, 0700 }, /* where control sockets are made */
	{ "run", "/posthoused", ROLE_MASTER, 0755 },
	{ "run", "/queued", ROLE_MASTER, 0755 },
	{ "run", "/bouncd", ROLE_MASTER, 0755 },
	{ "run", "/trackd-stats", ROLE_MASTER, 0755 },
	{ "spool", "", ROLE_QUEUED, 0700 },
	{ "spool", "/index", ROLE_QUEUED, 0700 },
	{ "state", "", ROLE_MASTER, 0755 },
	{ "state", "/accepted", ROLE_MASTER, 0700 },
	{ "state", "/drop", ROLE_MASTER,
	    01733 }, /* where sendmail(1) leaves mail while nobody runs */
	{ "state", "/suppression", ROLE_BOUNCD, 0700 },
	{ "state", "/suppression-copy", ROLE_BOUNCD, 0700 },
	{ "state", "/stats", ROLE_STATS, 0700 },
	{ "events", "", ROLE_MASTER, 0755 },
	{ "keys", "", ROLE_MASTER, 0700 },
	{ "keys", "/dkim", ROLE_MASTER, 0700 },
};

static const char *const groups[] = { "posthouse-view", "posthouse-ops" };

int
layout_user(
    const struct conf *conf, enum role_kind kind, unsigned *uid, unsigned *gid, struct err *err)
{
	const struct role_spec *spec = role_spec(kind);
	uint64_t base = conf_num(conf_top(conf), "uid-base");
	const struct passwd *pw;

	*uid = *gid = 0;
	if (kind == ROLE_MASTER)
		return 0;
	if (base != 0) {
		*uid = *gid = (unsigned)base + spec->number;
		return 0;
	}
	pw = getpwnam(spec->user);
	if (pw == NULL)
		return err_set(
		    err, "user %s is missing: run posthouse setup, or set uid-base", spec->user);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

unsigned
layout_group(const struct conf *conf, const char *name)
{
	const struct group *g = conf_num(conf_top(conf), "uid-base") != 0 ? NULL : getgrnam(name);

	return g == NULL ? 0 : g->gr_gid;
}

/* mkdir -p: those in between belong to root and are open to look through. */
static int
path_make(const char *path, mode_t mode, struct err *err)
{
	char part[4096];

	if (strlen(path) >= sizeof(part))
		return err_set(err, "path is too long: %.100s...", path);
	for (const char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdir(part, 0755) == -1 && errno != EEXIST)
			return err_sys(err, "mkdir %s", part);
	}
	if (mkdir(path, mode) == -1 && errno != EEXIST)
		return err_sys(err, "mkdir %s", path);
	return 0;
}

/* What stands below a setting's folder may lie in a role's: there nothing is followed. The folder itself may be a link that
 * the operator made: it stands where only root can put one. */
static int
folder_open(const struct conf *conf, const char *setting, const char *below, struct err *err)
{
	const char *path = conf_str(conf_top(conf), setting);
	int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (top == -1)
		return err_sys(err, "open the folder %s", path);
	if (*below == '\0')
		return top;
	fd = openat(top, below + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		err_sys(err, "open the folder %s%s", path, below);
	close(top);
	return fd;
}

static int
below_make(const struct conf *conf, const struct folder *f, struct err *err)
{
	int top = folder_open(conf, f->setting, "", err), r = 0;

	if (top == -1)
		return -1;
	if (mkdirat(top, f->below + 1, f->mode) == -1 && errno != EEXIST)
		r = err_sys(err, "mkdir %s%s", conf_str(conf_top(conf), f->setting), f->below);
	close(top);
	return r;
}

static int
folder_make(const struct conf *conf, const struct folder *f, struct err *err)
{
	unsigned uid, gid;
	int fd;

	if (layout_user(conf, f->owner, &uid, &gid, err) == -1 ||
	    (*f->below == '\0' ? path_make(conf_str(conf_top(conf), f->setting), f->mode, err)
			       : below_make(conf, f, err)) == -1)
		return -1;
	fd = folder_open(conf, f->setting, f->below, err);
	if (fd == -1)
		return -1;
	if (fchown(fd, uid, gid) == -1 || fchmod(fd, f->mode) == -1) {
		err_sys(
		    err, "set the owner of %s%s", conf_str(conf_top(conf), f->setting), f->below);
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int
layout_folder(const struct conf *conf, const char *setting, const char *below, enum role_kind owner,
    struct err *err)
{
	int fd = folder_open(conf, setting, below, err);
	unsigned uid, gid;
	struct stat st;

	if (fd == -1)
		return -1;
	if (layout_user(conf, owner, &uid, &gid, err) == -1 || fstat(fd, &st) == -1 ||
	    st.st_uid != uid) {
		err_set(err, "%s%s does not belong to %s", conf_str(conf_top(conf), setting), below,
		    role_spec(owner)->name);
		close(fd);
		return -1;
	}
	return fd;
}

/* A key file is lines of "keyid hex"; the first is used, all are believed. */
static int
key_make(const struct conf *conf, const char *file, struct err *err)
{
	char path[4096], line[80];
	uint8_t key[32];
	int fd, n;

	snprintf(path, sizeof(path), "%s/%s", conf_str(conf_top(conf), "keys"), file);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == EEXIST ? 0 : err_sys(err, "make %s", path);
	if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
		close(fd);
		return err_sys(err, "getrandom");
	}
	n = snprintf(line, sizeof(line), "1 ");
	for (unsigned i = 0; i < sizeof(key); i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%02x", key[i]);
	line[n++] = '\n';
	if (write(fd, line, (size_t)n) != n || fsync(fd) == -1) {
		close(fd);
		unlink(path);
		return err_sys(err, "write %s", path);
	}
	close(fd);
	return 0;
}

int
layout_make(const struct conf *conf, struct err *err)
{
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (folder_make(conf, &folders[i], err) == -1)
			return -1;
	if (key_make(conf, "tracking.key", err) == -1 || key_make(conf, "bounce.key", err) == -1)
		return -1;
	return 0;
}

static int
run(const char *const *argv, struct err *err)
{
	pid_t child = fork();
	int status;

	if (child == -1)
		return err_sys(err, "fork");
	if (child == 0) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, "%s for %s failed", argv[0], argv[1]);
	return 0;
}

int
layout_setup(const struct conf *conf, struct err *err)
{
	if (conf_num(conf_top(conf), "uid-base") != 0)
		return layout_make(conf, err);
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const char *argv[] = { "groupadd", groups[i], "--system", NULL };

		if (getgrnam(groups[i]) == NULL && run(argv, err) == -1)
			return -1;
	}
	for (enum role_kind k = ROLE_MASTER + 1; k < ROLE_KINDS; k++) {
		const char *argv[] = { "useradd", role_spec(k)->user, "--system", "--user-group",
			"--no-create-home", "--home-dir", "/nonexistent", "--shell",
			"/usr/sbin/nologin", NULL };

		if (getpwnam(role_spec(k)->user) == NULL && run(argv, err) == -1)
			return -1;
	}
	return layout_make(conf, err);
}

void
layout_sysusers(struct buf *out)
{
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		buf_printf(out, "g %s -\n", groups[i]);
	for (enum role_kind k = ROLE_MASTER + 1; k < ROLE_KINDS; k++)
		buf_printf(
		    out, "u %s - \"posthouse %s\"\n", role_spec(k)->user, role_spec(k)->name);
}

void
layout_tmpfiles(struct buf *out)
{
	static const struct {
		const char *setting, *path;
	} defaults[] = { { "run", "/run/posthouse" }, { "spool", "/var/spool/posthouse" },
		{ "state", "/var/lib/posthouse" }, { "events", "/var/log/posthouse/events" } };

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		for (unsigned k = 0; k < sizeof(defaults) / sizeof(defaults[0]); k++)
			if (strcmp(folders[i].setting, defaults[k].setting) == 0)
				buf_printf(out, "d %s%s %04o %s %s -\n", defaults[k].path,
				    folders[i].below, (unsigned)folders[i].mode,
				    role_spec(folders[i].owner)->user,
				    role_spec(folders[i].owner)->user);
}
