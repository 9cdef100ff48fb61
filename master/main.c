/* posthoused(8): starts, watches and reloads the roles.
 *
 * It reads the configuration once, binds the sockets, opens keys and hands each role its own part; it never sees a byte of
 * mail. Read next: house_run.c (life), seat.c (one process), handout.c (who gets what), layout.c (folders and users). */
#include "drop_watch.h"
#include "err.h"
#include "house_run.h"
#include "layout.h"
#include "log.h"
#include "logs.h"
#include "loop.h"
#include "master_control.h"
#include "preflight.h"
#include "seat.h"
#include "tables.h"
#include "version.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc/posthouse"
#endif

static struct house house; /* the signal handlers of libevent are given it; there is one */
static int started_pipe = -1;

static void
usage(FILE *out, int exit_code)
{
	fputs("usage: posthoused [-fnS] [-c file] [-L folder]\n"
	      "       posthoused -G sysusers|tmpfiles\n"
	      "  -c file    configuration (default " SYSCONFDIR "/posthouse.conf)\n"
	      "  -f         stay in the foreground\n"
	      "  -n         check the configuration and exit\n"
	      "  -S         make users, folders and first keys, and exit\n"
	      "  -L folder  where the roles' programs are\n"
	      "  -G which   print what systemd wants to know of users, or of folders, and exit\n",
	    out);
	exit(exit_code);
}

/* PREFIX/sbin/posthoused finds PREFIX/libexec/posthouse; in a build folder all programs lie together. */
static char *
libexec_find(void)
{
	static char path[4200];
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *dir;

	if (n <= 0)
		return (char *)"/usr/local/libexec/posthouse";
	self[n] = '\0';
	dir = dirname(self);
	snprintf(path, sizeof(path), "%s/../libexec/posthouse", dir);
	if (access(path, X_OK) == -1)
		snprintf(path, sizeof(path), "%s", dir);
	return path;
}

static void
logs_moved(struct house *h)
{
	struct err err;

	if (logs_reopen(h, &err) == -1)
		log_error("log-not-reopened", "why=\"%s\"", err.text);
	else
		log_info("log-reopened", "by=signal");
}

static void
on_signal(evutil_socket_t sig, short what, void *ctx)
{
	struct house *h = ctx;

	(void)what;
	if (sig == SIGCHLD)
		seats_reap(h);
	else if (sig == SIGHUP) {
		logs_moved(h);
		house_reload(h, h->conf_path, NULL);
	} else if (sig == SIGUSR1)
		logs_moved(h);
	else
		house_stop(h);
}

static void
signals_watch(struct house *h)
{
	static const int sigs[] = { SIGCHLD, SIGHUP, SIGUSR1, SIGTERM, SIGINT };

	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		struct event *ev = evsignal_new(loop_base(), sigs[i], on_signal, h);

		if (ev == NULL || event_add(ev, NULL) == -1)
			fatal("cannot watch signals");
	}
	signal(SIGPIPE, SIG_IGN);
}

/* Nothing is read from a terminal, and no process of ours may hold one. Descriptors that were closed are taken too, or a
 * socket would be standard error. */
static void
terminal_leave(void)
{
	int null = open("/dev/null", O_RDWR);

	while (null != -1 && null < STDERR_FILENO)
		null = open("/dev/null", O_RDWR);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1) {
		perror("posthoused: /dev/null");
		exit(EX_OSERR);
	}
	if (null > STDERR_FILENO)
		close(null);
}

/* In the background what still is to be said goes to the log; the terminal is the shell's again. */
static void
output_leave(int log_fd)
{
	if (log_fd != STDERR_FILENO &&
	    (dup2(log_fd, STDOUT_FILENO) == -1 || dup2(log_fd, STDERR_FILENO) == -1))
		log_warn("terminal", "why=\"%s\"", strerror(errno));
}

static void
tell_parent(int exit_code)
{
	unsigned char code = (unsigned char)exit_code;

	if (exit_code == 0)
		drop_watch(&house);
	if (started_pipe != -1)
		output_leave(house.log_fd);
	if (started_pipe != -1 && write(started_pipe, &code, 1) != 1)
		log_warn("parent-gone", "exit=%d", exit_code);
	if (started_pipe != -1)
		close(started_pipe);
	started_pipe = -1;
}

/* The parent waits until the house runs, and takes over its exit code if it does not. */
static void
daemonise(void)
{
	unsigned char code = EX_SOFTWARE;
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) == -1 || (child = fork()) == -1) {
		perror("posthoused: cannot start in the background");
		exit(EX_OSERR);
	}
	if (child != 0) {
		close(fds[1]);
		if (read(fds[0], &code, 1) != 1)
			code = EX_SOFTWARE;
		exit(code);
	}
	close(fds[0]);
	started_pipe = fds[1];
	setsid();
	if (chdir("/") == -1)
		exit(EX_OSERR);
}

static void
conf_load(struct house *h)
{
	h->conf = conf_read(house_table(), h->conf_path);
}

/* All that is wrong with it, or on. */
static void
conf_judge(struct house *h)
{
	if (conf_errors(h->conf) == 0)
		return;
	fprintf(stderr, "%.*s", SPAN(conf_messages(h->conf)));
	exit(EX_CONFIG);
}

static int
setup(struct house *h)
{
	struct err err;

	if (layout_setup(h->conf, &err) == -1) {
		fprintf(stderr, "posthoused: %s\n", err.text);
		return EX_CANTCREAT;
	}
	return 0;
}

/* What make install puts into sysusers.d and tmpfiles.d. */
static int
generate(const char *which)
{
	struct buf out;
	int status;

	buf_init(&out, 64 * 1024);
	if (strcmp(which, "sysusers") == 0)
		layout_sysusers(&out);
	else if (strcmp(which, "tmpfiles") == 0)
		layout_tmpfiles(&out);
	else
		usage(stderr, EX_USAGE);
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	status = fflush(stdout) == 0 ? 0 : EX_IOERR;
	return status;
}

static void
log_flush_hook(void *unused)
{
	(void)unused;
	log_flush();
}

static int
run(struct house *h)
{
	struct err err = { "" };

	loop_init();
	loop_at_turn_last(log_flush_hook, NULL);
	signals_watch(h);
	house_on_started(tell_parent);
	if (house_start(h, &err) == -1 || master_control_open(h, &err) == -1) {
		int code = h->exit_code != 0 ? h->exit_code : EX_OSERR;

		fprintf(stderr, "posthoused: %s\n", err.text);
		log_error("start-failed", "why=\"%s\"", err.text);
		log_flush();
		tell_parent(code);
		return code;
	}
	loop_run();
	log_info("stopped", "exit=%d", h->exit_code);
	log_flush();
	return h->exit_code;
}

int
main(int argc, char **argv)
{
	bool foreground = false, check = false, set_up = false;
	int opt;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("posthoused " POSTHOUSE_VERSION) == EOF ? EX_IOERR : 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		usage(stdout, 0);
	house.conf_path = SYSCONFDIR "/posthouse.conf";
	house.libexec = libexec_find();
	while ((opt = getopt(argc, argv, "c:fnG:SL:")) != -1) {
		switch (opt) {
		case 'c':
			house.conf_path = realpath(optarg, NULL);
			if (house.conf_path == NULL)
				house.conf_path = optarg;
			break;
		case 'f':
			foreground = true;
			break;
		case 'n':
			check = true;
			break;
		case 'G':
			return generate(optarg);
		case 'S':
			set_up = true;
			break;
		case 'L':
			house.libexec = realpath(optarg, NULL);
			if (house.libexec == NULL)
				house.libexec = optarg;
			break;
		default:
			usage(stderr, EX_USAGE);
		}
	}
	if (optind != argc)
		usage(stderr, EX_USAGE);
	conf_load(&house);
	if (conf_errors(house.conf) == 0 && !set_up) /* which makes some of what it names */
		preflight(house.conf, check ? PREFLIGHT_CHECK : PREFLIGHT_START, house.libexec);
	conf_judge(&house);
	if (check)
		return 0;
	if (geteuid() != 0) {
		fputs("posthoused: must be started by root: it gives each role a user of its own\n",
		    stderr);
		return EX_NOPERM;
	}
	if (set_up)
		return setup(&house);
	terminal_leave();
	if (!foreground)
		daemonise();
	return run(&house);
}
