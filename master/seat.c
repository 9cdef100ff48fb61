#include "seat.h"
#include "err.h"
#include "handout.h"
#include "log.h"
#include "proto_master.h"
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	MASTER_QUEUE = 8 * 1024 * 1024,
	PACKETS_BYTES = 4 * 1024 * 1024,
	FILES_MAX = 1024 * 1024,
};

/* ---- what a role says ---- */

static void
ready(struct child *child, struct msg *m)
{
	struct master_ready r;

	if (master_ready_get(m, &r) == -1)
		return chan_bad(child->chan, "READY was cut");
	snprintf(child->selftest, sizeof(child->selftest), "%.*s", SPAN(r.selftest));
	child->state = CHILD_READY;
	house_child_ready(child->house, child);
}

static void
failed(struct child *child, struct msg *m)
{
	struct master_failed f;

	if (master_failed_get(m, &f) == 0)
		house_child_failed(child->house, child, f.exit_code, f.why);
}

static void
prepared(struct child *child, struct msg *m)
{
	struct master_refused no = { .why = { NULL, 0 } };
	struct master_prepared yes;

	if (m->type == MASTER_PREPARED ? master_prepared_get(m, &yes) == 0
				       : master_refused_get(m, &no) == 0)
		house_child_prepared(child->house, child, m->type == MASTER_PREPARED, no.why);
}

static void
on_child(void *ctx, struct chan *c, struct msg *m)
{
	struct child *child = ctx;

	child->heard_ms = loop_now_ms();
	switch (m->type) {
	case MASTER_READY:
		ready(child, m);
		break;
	case MASTER_FAILED:
		failed(child, m);
		break;
	case MASTER_PREPARED:
	case MASTER_REFUSED:
		prepared(child, m);
		break;
	case MASTER_PING:
		break;
	default:
		chan_bad(c, "a role said something unknown to its master");
	}
}

/* SIGCHLD tells the rest; a role that closed its channel without exiting is no use any more. */
static void
on_child_closed(void *ctx, struct chan *c, const char *why)
{
	struct child *child = ctx;

	(void)c;
	(void)why;
	child->chan = NULL;
	kill(child->pid, SIGKILL);
}

/* ---- channels between roles ---- */

static void
pair_tune(int fd)
{
	int bytes = PACKETS_BYTES;

	/* The default holds a dozen packets; the force needs CAP_NET_ADMIN, which a master of the system has. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

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

	if (b == NULL || b->chan == NULL || b == a || b->state == CHILD_DRAINING)
		return 0;
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

static int
connect_all(struct house *h, struct child *child, struct err *err)
{
	unsigned peers = role_spec(child->seat->kind)->peers;

	for (unsigned i = 0; i < h->seats_n; i++) {
		struct child *both[] = { h->seats[i].now, h->seats[i].next };

		if ((peers & ROLE_BIT(h->seats[i].kind)) == 0)
			continue;
		for (unsigned k = 0; k < 2; k++)
			if (both[k] != NULL && belong_together(child, both[k]) &&
			    connect_two(child, both[k], err) == -1)
				return -1;
	}
	return 0;
}

/* ---- life ---- */

static void __attribute__((noreturn))
become(const char *program, const char *folder, int fd, int log_fd)
{
	char *argv[] = { NULL, NULL };
	char *env[] = { (char *)"POSTHOUSE_ROLE=1", (char *)"LC_ALL=C.UTF-8",
		(char *)"PATH=/usr/bin:/bin", NULL, NULL };
	const char *leaks = getenv("ASAN_OPTIONS");
	struct rlimit files = { FILES_MAX, FILES_MAX };
	char asan[512];
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
	if (setpgid(0, 0) == -1 || dup2(log_fd, STDERR_FILENO) == -1 ||
	    dup2(log_fd, STDOUT_FILENO) == -1)
		_exit(EX_OSERR);
	if (fd == MASTER_FD ? fcntl(fd, F_SETFD, 0) == -1 : dup2(fd, MASTER_FD) == -1)
		_exit(EX_OSERR);
	if (syscall(SYS_close_range, MASTER_FD + 1, ~0U, 0) == -1)
		_exit(EX_OSERR);
	if (chdir(folder == NULL ? "/" : folder) == -1)
		_exit(EX_CANTCREAT);
	argv[0] = (char *)program;
	execve(program, argv, env);
	_exit(EX_UNAVAILABLE);
}

static void
child_free(struct child *child)
{
	if (child->chan != NULL)
		chan_free(child->chan);
	free(child);
}

/* Forks the program with one end of a channel; the other end's packets wait until it reads. */
static int
launch(struct house *h, struct child *child, const struct conf *conf, const char *program,
    struct err *err)
{
	char folder[4096];
	int fds[2];

	if (access(program, X_OK) == -1)
		return err_sys(err, "%s", program);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return err_sys(err, "socketpair");
	pair_tune(fds[0]);
	child->pid = fork();
	if (child->pid == 0)
		become(program, handout_folder(conf, child->seat->kind, folder), fds[1], h->log_fd);
	close(fds[1]);
	if (child->pid == -1) {
		close(fds[0]);
		return err_sys(err, "fork for %s", program);
	}
	child->chan = chan_new(
	    fds[0], role_name(child->seat->kind), MASTER_QUEUE, on_child, on_child_closed, child);
	return 0;
}

static bool
instance_taken(const struct house *h, enum role_kind kind, unsigned instance)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];
		const struct child *both[] = { s->now, s->next };

		if (s->kind != kind)
			continue;
		for (unsigned k = 0; k < 2; k++)
			if (both[k] != NULL && both[k]->instance == instance)
				return true;
		for (const struct child *c = s->older; c != NULL; c = c->older)
			if (c->instance == instance)
				return true;
	}
	return false;
}

/* The lowest number that no living process of the role has, so that peers can keep small tables. */
static unsigned
instance_free(const struct house *h, enum role_kind kind)
{
	unsigned instance = 0;

	while (instance_taken(h, kind, instance))
		instance++;
	return instance;
}

static struct child *
seated(struct seat *seat, struct child *child)
{
	if (seat->now == NULL)
		seat->now = child;
	else
		seat->next = child;
	return child;
}

struct child *
seat_start(struct house *h, struct seat *seat, const struct conf *conf, uint64_t generation,
    struct err *err)
{
	struct child *child = calloc(1, sizeof(*child));
	char program[4096];

	if (child == NULL)
		fatal("out of memory for a role");
	*child = (struct child){ .house = h,
		.seat = seat,
		.generation = generation,
		.instance = instance_free(h, seat->kind),
		.started_ms = loop_now_ms(),
		.heard_ms = loop_now_ms() };
	snprintf(program, sizeof(program), "%s/%s", h->libexec, role_spec(seat->kind)->program);
	if (launch(h, child, conf, program, err) == -1) {
		child_free(child);
		return NULL;
	}
	seated(seat, child);
	if (handout_put(h, conf, child, child->chan, err) == -1 ||
	    connect_all(h, child, err) == -1) {
		err_context(err, "%s", role_name(seat->kind));
		kill(child->pid, SIGKILL);
		return NULL; /* reaped like any other */
	}
	master_go_put(child->chan, &(struct master_go){ 0 });
	chan_flush(child->chan);
	log_debug("role-started", "role=%s instance=%u pid=%d", role_name(seat->kind),
	    child->instance, (int)child->pid);
	return child;
}

void
seat_stop(struct child *child, unsigned deadline_s)
{
	child->state = CHILD_DRAINING;
	if (child->chan != NULL)
		master_stop_put(child->chan, &(struct master_stop){ deadline_s });
	else
		kill(child->pid, SIGKILL);
}

static struct child **
place_of(struct house *h, pid_t pid)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if (s->now != NULL && s->now->pid == pid)
			return &s->now;
		if (s->next != NULL && s->next->pid == pid)
			return &s->next;
		for (struct child **at = &s->older; *at != NULL; at = &(*at)->older)
			if ((*at)->pid == pid)
				return at;
	}
	return NULL;
}

void
seats_reap(struct house *h)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child **at = place_of(h, pid), *child = at == NULL ? NULL : *at;

		if (child == NULL)
			continue;
		/* What it said last is still in the channel: FAILED tells more than a status. */
		while (child->chan != NULL && chan_read_pending(child->chan))
			;
		*at = child->older;
		child->older = NULL;
		house_child_gone(h, child, status);
		child_free(child);
	}
}

static void
pulse_one(struct child *child, uint64_t silence_ms)
{
	if (child == NULL || child->chan == NULL)
		return;
	if (loop_now_ms() - child->heard_ms > silence_ms) {
		log_error("role-silent", "role=%s pid=%d silent_s=%u", role_name(child->seat->kind),
		    (int)child->pid, (unsigned)(silence_ms / 1000));
		kill(child->pid, SIGKILL);
		return;
	}
	master_ping_put(child->chan, &(struct master_ping){ loop_now_ms() });
}

void
seats_pulse(struct house *h)
{
	uint64_t silence_ms = conf_num(conf_top(h->conf), "silence") * 1000;

	for (unsigned i = 0; i < h->seats_n; i++) {
		pulse_one(h->seats[i].now, silence_ms);
		pulse_one(h->seats[i].next, silence_ms);
	}
}

bool
seats_ready(const struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];

		if (s->now == NULL || s->now->state == CHILD_STARTING ||
		    (s->next != NULL && s->next->state == CHILD_STARTING))
			return false;
	}
	return true;
}

bool
seats_alive(const struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++)
		if (h->seats[i].now != NULL || h->seats[i].next != NULL ||
		    h->seats[i].older != NULL)
			return true;
	return false;
}
