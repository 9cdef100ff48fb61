#include "launch.h"
#include "err.h"
#include "handout.h"
#include "log.h"
#include "proto_master.h"
#include "role.h"
#include "role_output.h"
#include "seat.h"
#include "talk.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	PACKETS_BYTES = 4 * 1024 * 1024,
	FILES_MAX = 1024 * 1024,
	OUTPUT_BYTES = 256 * 1024, /* of log lines, while the master is busy */
};

static void
pair_tune(int fd)
{
	int bytes = PACKETS_BYTES;

	/* The default holds a dozen packets; the force needs CAP_NET_ADMIN, which a master of the system has. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* ---- the process ---- */

static void __attribute__((noreturn)) become(const char *program, int folder, int fd, int output)
{
	char *argv[] = { NULL, NULL };
	char *env[] = { (char *)"POSTHOUSE_ROLE=1", (char *)"LC_ALL=C.UTF-8",
		(char *)"PATH=/usr/bin:/bin", NULL, NULL };
	const char *leaks = getenv("ASAN_OPTIONS");
	struct rlimit files = { FILES_MAX, FILES_MAX };
	char asan[512];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	if (leaks != NULL) {
		snprintf(asan, sizeof(asan), "ASAN_OPTIONS=%.480s", leaks);
		env[3] = asan;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setrlimit(RLIMIT_NOFILE, &files) == -1) {
		getrlimit(RLIMIT_NOFILE, &files);
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* A session of its own: no terminal is its to open. */
	if (setsid() == -1 || null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(output, STDERR_FILENO) == -1 || dup2(output, STDOUT_FILENO) == -1)
		_exit(EX_OSERR);
	if (folder == -1 ? chdir("/") == -1 : fchdir(folder) == -1)
		_exit(EX_CANTCREAT);
	if (fd == MASTER_FD ? fcntl(fd, F_SETFD, 0) == -1 : dup2(fd, MASTER_FD) == -1)
		_exit(EX_OSERR);
	if (syscall(SYS_close_range, MASTER_FD + 1, ~0U, 0) == -1)
		_exit(EX_OSERR);
	argv[0] = (char *)program;
	execve(program, argv, env);
	_exit(EX_UNAVAILABLE);
}

/* What is open between a launch's beginning and its end. */
struct ends {
	int channel[2], output[2], folder;
};

static void
ends_close(const struct ends *e)
{
	const int fds[] = { e->channel[0], e->channel[1], e->output[0], e->output[1], e->folder };

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			close(fds[i]);
}

static int
ends_open(struct ends *e, const struct conf *conf, enum role_kind kind, struct err *err)
{
	if (handout_folder(conf, kind, &e->folder, err) == -1)
		return -1;
	if (pipe2(e->output, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_sys(err, "pipe");
	(void)fcntl(e->output[1], F_SETPIPE_SZ, OUTPUT_BYTES); /* without: 64 KB, enough too */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e->channel) == -1)
		return err_sys(err, "socketpair");
	pair_tune(e->channel[0]);
	return 0;
}

/* Forks the program with one end of a channel; the other end's packets wait until it reads. */
int
launch(struct house *h, struct child *child, const struct conf *conf, struct err *err)
{
	struct ends e = { { -1, -1 }, { -1, -1 }, -1 };
	enum role_kind kind = child->seat->kind;
	char program[4096];

	snprintf(program, sizeof(program), "%s/%s", h->libexec, role_spec(kind)->program);
	if (access(program, X_OK) == -1)
		return err_sys(err, "%s", program);
	if (ends_open(&e, conf, kind, err) == -1) {
		ends_close(&e);
		return -1;
	}
	child->pid = fork();
	if (child->pid == 0)
		become(program, e.folder, e.channel[1], e.output[1]);
	if (child->pid == -1) {
		err_sys(err, "fork for %s", program);
		ends_close(&e);
		return -1;
	}
	child->chan = talk_open(child, e.channel[0]);
	child->output = role_output_new(child, e.output[0]);
	e.channel[0] = e.output[0] = -1;
	ends_close(&e);
	return 0;
}

/* ---- channels between roles ---- */

static void
peer_tell(struct child *to, const struct child *about, int fd)
{
	master_peer_put(to->chan,
	    &(struct master_peer){ (uint8_t)about->seat->kind, (uint16_t)about->instance, fd });
}

static int
connect_two(struct child *a, struct child *b, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1)
		return err_sys(err, "socketpair");
	pair_tune(fds[0]);
	pair_tune(fds[1]);
	peer_tell(a, b, fds[0]);
	peer_tell(b, a, fds[1]);
	return 0;
}

/* Roles without state talk to those of their own generation; roles with state to all. */
static bool
belong_together(const struct child *a, const struct child *b)
{
	return role_spec(a->seat->kind)->keeps_state || role_spec(b->seat->kind)->keeps_state ||
	       a->generation == b->generation;
}

/* One that drains ends what it has with the queue: results of mail it still hands over, messages of clients it still serves. A
 * new queue takes them from it as from any other. */
static bool
drains_into(const struct child *queue, const struct child *leaving)
{
	return queue->seat->kind == ROLE_QUEUED && leaving->chan != NULL &&
	       leaving->state == CHILD_DRAINING &&
	       (leaving->seat->kind == ROLE_SMTPD || leaving->seat->kind == ROLE_DELIVERD);
}

static int
connect_leaving(struct seat *s, struct child *child, struct err *err)
{
	for (struct child *c = s->leaving; c != NULL; c = c->older)
		if (drains_into(child, c) && connect_two(child, c, err) == -1)
			return -1;
	return 0;
}

static int
connect_seat(struct seat *s, struct child *child, struct err *err)
{
	struct child *both[] = { s->now, s->next };

	for (unsigned k = 0; k < 2; k++)
		if (both[k] != NULL && both[k] != child && child_stays(both[k]) &&
		    belong_together(child, both[k]) && connect_two(child, both[k], err) == -1)
			return -1;
	return connect_leaving(s, child, err);
}

static int
connect_all(struct house *h, struct child *child, struct err *err)
{
	unsigned peers = role_spec(child->seat->kind)->peers;

	for (unsigned i = 0; i < h->seats_n; i++)
		if ((peers & ROLE_BIT(h->seats[i].kind)) != 0 &&
		    connect_seat(&h->seats[i], child, err) == -1)
			return -1;
	return 0;
}

/* Of those that work: neither one that starts, and gets its channels, nor one that leaves. */
static struct child *
working(const struct house *h, enum role_kind kind, unsigned instance)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct child *both[] = { h->seats[i].now, h->seats[i].next };

		for (unsigned k = 0; k < 2 && h->seats[i].kind == kind; k++)
			if (both[k] != NULL && both[k]->instance == instance &&
			    both[k]->state != CHILD_STARTING && child_stays(both[k]))
				return both[k];
	}
	return NULL;
}

void
launch_rejoin(struct child *child, enum role_kind kind, unsigned instance)
{
	struct child *peer = working(child->house, kind, instance);
	struct err err = { "" };

	if (peer == NULL || child->state == CHILD_STARTING || !child_stays(child) ||
	    (role_spec(child->seat->kind)->peers & ROLE_BIT(kind)) == 0)
		return;
	log_begin(LOG_LEVEL_WARN, "channel-reopened");
	log_kvs("role", role_name(child->seat->kind));
	log_num("instance", child->instance);
	log_kvs("peer", role_name(kind));
	log_kvf("peer-instance", "%u", instance);
	log_end();
	if (connect_two(child, peer, &err) == -1)
		log_error("channel-not-reopened", "why=\"%s\"", err.text);
}

/* All it needs before GO. */
int
launch_furnish(struct house *h, const struct conf *conf, struct child *child, struct err *err)
{
	if (handout_put(conf, conf == h->conf ? h->sockets : h->sockets_next, child, child->chan,
		err) == -1 ||
	    connect_all(h, child, err) == -1)
		return err_context(err, "%s", role_name(child->seat->kind));
	master_go_put(child->chan, &(struct master_go){ 0 });
	chan_flush(child->chan);
	return 0;
}
