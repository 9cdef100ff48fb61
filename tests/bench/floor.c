/* bench-floor: the least a durable acceptor can do: append each group to one file, fdatasync once, then say 250.
 *
 * Shows what bounds a relay on this machine. It delivers nothing. */
#include "buf.h"
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { GROUP_BYTES = 64 << 20, FILE_BYTES = 128 << 20 };

struct floor_state {
	int fd;
	off_t at;
	struct buf group;
	uint64_t messages, groups;
	double cpu_before_s;
};

static struct intake *running;

static void
on_signal(int sig)
{
	(void)sig;
	intake_stop(running);
}

static void
on_message(void *ctx, const struct intake_message *m)
{
	struct floor_state *s = ctx;
	uint32_t head[4] = { (uint32_t)m->from.n, (uint32_t)m->recipients.n, (uint32_t)m->content.n,
		0 };

	buf_add(&s->group, head, sizeof(head));
	buf_span(&s->group, m->from);
	buf_span(&s->group, m->recipients);
	buf_span(&s->group, m->content);
	s->messages++;
}

static void
on_commit(void *ctx)
{
	struct floor_state *s = ctx;
	struct span rest = buf_all(&s->group);

	if (s->at + (off_t)rest.n > FILE_BYTES)
		s->at = 0;
	while (rest.n > 0) {
		ssize_t n = pwrite(s->fd, rest.p, rest.n, s->at);

		if (n == -1)
			fatal("write: %s", strerror(errno));
		s->at += n;
		rest = span_from(rest, (size_t)n);
	}
	if (buf_over(&s->group) || fdatasync(s->fd) == -1)
		fatal("fdatasync: %s", strerror(errno));
	buf_reset(&s->group);
	s->groups++;
}

/* Writing over blocks that exist costs no journal of the file system: what a relay would do as well. */
static int
open_filled(const char *path)
{
	static const char zeros[1 << 20];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		fatal("%s: %s", path, strerror(errno));
	for (off_t at = 0; at < FILE_BYTES; at += (off_t)sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), at) != (ssize_t)sizeof(zeros))
			fatal("%s: %s", path, strerror(errno));
	fsync(fd);
	return fd;
}

static double
cpu_s(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static void
summary(const struct floor_state *s)
{
	printf("end messages=%llu groups=%llu cpu_s=%.3f\n", (unsigned long long)s->messages,
	    (unsigned long long)s->groups, cpu_s() - s->cpu_before_s);
}

static void
watch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

int
main(int argc, char **argv)
{
	struct intake_style style = { .pipelining = true, .message_max = 64 << 20 };
	struct intake_hooks hooks = { .message = on_message, .commit = on_commit };
	struct floor_state s = { 0 };
	struct err err;

	if (argc != 3) {
		fputs("usage: bench-floor ADDRESS:PORT FILE\n", stderr);
		return 2;
	}
	style.address = argv[1];
	s.fd = open_filled(argv[2]);
	buf_init(&s.group, GROUP_BYTES);
	running = intake_new(&style, &hooks, &s, &err);
	if (running == NULL)
		fatal("%s", err.text);
	watch_signals();
	s.cpu_before_s = cpu_s();
	printf("listening %s\n", style.address);
	fflush(stdout);
	intake_run(running);
	summary(&s);
	intake_free(running);
	buf_free(&s.group);
	close(s.fd);
	return 0;
}
