/* A role that was broken into: inside its sandbox it tries to take back what it told, to cut short what it shares, and to
 * read what is not its own. Which role it is, its name says. Each try is a line of the log: hostile try=NAME got=REACHED, or
 * the error; tests/e2e/hostile_roles.py reads them. */
#include "log.h"
#include "loop.h"
#include "msg_inside.h"
#include "proto_master.h"
#include "role.h"
#include "role_table.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FLOOD_MS = 300 }; /* so long after it is in its place, once READY is said */

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static void
told(const char *what, long r)
{
	log_info("hostile", "try=%s got=%s", what, r == -1 ? strerrorname_np(errno) : "REACHED");
}

static void
no_descriptor(const char *what)
{
	log_info("hostile", "try=%s got=none", what);
}

/* As the kernel takes it, with garbage where it does not look. */
#define HIGH(n) ((unsigned long)(n) | 1UL << 40)

static void
on_events(int fd)
{
	struct iovec iov = { (char *)"x", 1 };
	void *map;

	if (fd == -1)
		return no_descriptor("events");
	told("append", write(fd, "{}\n", 3));
	told("pwrite", pwrite(fd, "X", 1, 0) == 1 ? 0 : -1); /* appends, or is refused */
	told("clear-append", fcntl(fd, F_SETFL, O_WRONLY));
	told("clear-append-high", syscall(SYS_fcntl, fd, HIGH(F_SETFL), O_WRONLY));
	told("clear-append-high-fd", syscall(SYS_fcntl, HIGH(fd), F_SETFL, O_WRONLY));
	told("truncate", ftruncate(fd, 0));
	told("truncate-high", syscall(SYS_ftruncate, HIGH(fd), 0));
	told("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	told("noappend", syscall(SYS_pwritev2, fd, &iov, 1, 0, 0, RWF_NOAPPEND));
	told("dup", dup(fd));
	told("dup-high", syscall(SYS_dup, HIGH(fd)));
	told("dupfd", fcntl(fd, F_DUPFD_CLOEXEC, 10));
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	told("map", map == MAP_FAILED ? -1 : 0);
}

static void
on_events_read(int fd)
{
	void *map = fd == -1 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (map != MAP_FAILED)
		told("map-write", mprotect(map, 4096, PROT_READ | PROT_WRITE));
}

static void
on_clients(int fd)
{
	if (fd == -1)
		return no_descriptor("clients");
	told("clients-truncate", ftruncate(fd, 0));
	told("memfd", memfd_create("x", 0));
}

static const char *
kind_of(int fd, char *text, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return "closed";
	if (S_ISFIFO(st.st_mode))
		return "pipe";
	snprintf(text, size, "%o:%lx", st.st_mode & S_IFMT, (unsigned long)st.st_rdev);
	return S_ISCHR(st.st_mode) && st.st_rdev == 0x103 ? "null" : text;
}

static void
on_standard(void)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	char text[64];

	for (int i = 0; i < 3; i++)
		log_info("hostile", "try=%s got=%s", names[i], kind_of(i, text, sizeof(text)));
	/* Lines that look like another's, or like nobody's. */
	(void)!write(STDERR_FILENO, "2026-01-01T00:00:00.000Z queued[1] forged\n", 42);
	(void)!write(STDERR_FILENO, "just words \x1b[31m\n", 17);
}

/* Asks the master for channels without end, and talks without end: to it, and in the log. */
static void
flood(void *unused)
{
	static struct {
		struct head head;
		uint8_t role, instance[2];
	} __attribute__((packed)) lost[2000];
	static char lines[64 * 1024];

	(void)unused;
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		lost[i].head = (struct head){ .type = MASTER_LOST, .len = 3 };
		lost[i].role = ROLE_QUEUED;
	}
	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = i % 2 == 0 ? 'x' : '\n';
	for (;;) {
		(void)!send(MASTER_FD, lost, sizeof(lost), MSG_DONTWAIT);
		(void)!write(STDERR_FILENO, lines, sizeof(lines));
	}
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') == NULL ? argv[0] : strrchr(argv[0], '/') + 1;
	enum role_kind kind = ROLE_SMTPD;
	struct role *role;

	while (kind < ROLE_KINDS - 1 && strcmp(role_spec(kind)->program, name) != 0)
		kind++;
	role = role_start(kind, argc, argv);
	sandbox_enter(role);
	on_standard();
	on_events(role_fd(role, "events"));
	on_events_read(role_fd(role, "events-read"));
	on_clients(role_fd(role, "clients"));
	if (kind == ROLE_REWRITE)
		timer_set_ms(timer_new(flood, NULL), FLOOD_MS);
	return role_run(role);
}
