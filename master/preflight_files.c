#include "err.h"
#include "preflight.h"
#include "tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 4400, SAID_BYTES = 4096 };

/* ---- folders ---- */

/* What stands in the way of a folder there, as mkdir -p would find it: "" or the path that is not one. */
static void
in_the_way(const char *path, char *out, size_t size)
{
	struct stat st;

	out[0] = '\0';
	for (const char *p = path; *p != '\0';) {
		p = strchr(p + 1, '/');
		p = p == NULL ? path + strlen(path) : p;
		snprintf(out, size, "%.*s", (int)(p - path), path);
		if (stat(out, &st) == -1 && errno == ENOENT)
			break;
		if (stat(out, &st) == 0 && !S_ISDIR(st.st_mode))
			return;
	}
	out[0] = '\0';
}

static void
folders_check(struct conf *conf)
{
	static const char *const settings[] = { "spool", "state", "events", "run", "keys" };
	const struct conf_block *top = conf_top(conf);
	const char *spool = conf_str(top, "spool");
	char file[PATH_BYTES];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *path = conf_str(top, settings[i]);

		in_the_way(path, file, sizeof(file));
		if (file[0] != '\0')
			conf_complain(conf, top, settings[i],
			    "%s is not a folder\nmove it away, or name another folder", file);
		else if (i > 0 && strcmp(path, spool) == 0)
			conf_complain(conf, top, settings[i],
			    "%s is the folder of the queue (spool) too\n"
			    "give each a folder of its own: they belong to different users",
			    path);
	}
}

/* Its folder is made where it is that of the events, or one above it. */
static void
log_check(struct conf *conf)
{
	const struct conf_block *top = conf_top(conf);
	const char *log = conf_str(top, "log"), *slash = strrchr(log, '/');
	char folder[PATH_BYTES];
	struct stat st;

	if (strcmp(log, "stderr") == 0)
		return;
	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 0 : (int)(slash - log), log);
	if (slash == NULL)
		conf_complain(conf, top, "log",
		    "\"%s\" is not a whole path\nbegin it with /, or say stderr", log);
	else if (stat(log, &st) == 0 && S_ISDIR(st.st_mode))
		conf_complain(conf, top, "log", "%s is a folder\nname a file in it", log);
	else if (slash != log && stat(folder, &st) == -1 && errno == ENOENT &&
		 !span_starts(span_str(conf_str(top, "events")), folder))
		conf_complain(conf, top, "log", "the folder %s is not there\nmake it", folder);
}

/* ---- rule files: their roles know what may stand there ---- */

static pid_t
program_start(const char *path, char *const argv[], int *out)
{
	int fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t child = null == -1 || pipe2(fds, O_CLOEXEC) == -1 ? -1 : fork();

	if (child == 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execv(path, argv);
		_exit(127);
	}
	if (null != -1)
		close(null);
	if (child == -1)
		return -1;
	close(fds[1]);
	*out = fds[0];
	return child;
}

/* What it said first, on one line. Exit code, or -1: it could not be run. */
static int
program_ask(const char *path, char *const argv[], char said[SAID_BYTES])
{
	int out, status;
	size_t n = 0;
	ssize_t r;
	pid_t child = program_start(path, argv, &out);

	if (child == -1)
		return -1;
	while (n < SAID_BYTES - 1 && (r = read(out, said + n, SAID_BYTES - 1 - n)) > 0)
		n += (size_t)r;
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	close(out);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return WEXITSTATUS(status);
}

static void
rules_check(struct conf *conf, const char *block, const char *setting, const char *libexec,
    const char *program, const char *option, const char *word)
{
	const struct conf_block *b = conf_first(conf_top(conf), block);
	char path[PATH_BYTES], said[SAID_BYTES] = "";
	const char *argv[5] = { program, option, word };

	if (b == NULL || !conf_is_set(b, setting))
		return;
	argv[word == NULL ? 2 : 3] = conf_str(b, setting);
	snprintf(path, sizeof(path), "%.4000s/%s", libexec, program);
	if (access(conf_str(b, setting), R_OK) == -1)
		conf_complain(
		    conf, b, setting, "cannot read %s: %s", conf_str(b, setting), strerror(errno));
	else if (program_ask(path, (char *const *)argv, said) > 0)
		conf_complain(conf, b, setting, "%s", said);
}

/* ---- secrets that stand in the configuration ---- */

static void
secrets_check(struct conf *conf, const struct conf_table *t, const struct conf_block *b)
{
	for (size_t i = 0; t->settings != NULL && t->settings[i].name != NULL; i++) {
		const struct conf_setting *s = &t->settings[i];
		struct conf_place p = conf_place(b, s->name);
		struct stat st;

		if (s->type == CONF_SECRET && conf_secret_is_inline(b, s->name) &&
		    stat(p.file, &st) == 0 && (st.st_mode & S_IROTH) != 0)
			conf_complain(conf, b, s->name,
			    "the secret stands in a file that everybody may read (mode %04o)\n"
			    "chmod 640 %s, or keep it in a file of its own: %s file:PATH",
			    (unsigned)st.st_mode & 07777, p.file, s->name);
	}
	for (const struct conf_table *const *in = t->blocks; in != NULL && *in != NULL; in++)
		for (const struct conf_block *c = conf_first(b, (*in)->name); c != NULL;
		     c = conf_next(c))
			secrets_check(conf, *in, c);
}

void
preflight_files(struct conf *conf, const char *libexec)
{
	folders_check(conf);
	log_check(conf);
	rules_check(conf, "bounces", "rules", libexec, "bouncd", "--batch", "classify");
	rules_check(conf, "tracking", "visitors", libexec, "trackd-web", "--visitors", NULL);
	secrets_check(conf, house_table(), conf_top(conf));
}
