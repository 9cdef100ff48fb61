#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int
program_become(struct ctl *c, char **argv)
{
	const char *path = ctl_program(c, argv[0]);

	execv(path, argv);
	return ctl_fail(1, "cannot run %s: %s", path, strerror(errno));
}

static void
child(struct ctl *c, char **argv, int in, int out)
{
	const char *path = ctl_program(c, argv[0]);

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(path, argv);
	ctl_fail(1, "cannot run %s: %s", path, strerror(errno));
	_exit(1);
}

static void
read_all(int fd, struct buf *b)
{
	char *room;
	ssize_t n;

	while ((room = buf_room(b, 4096)) != NULL && (n = read(fd, room, 4096)) > 0)
		buf_grew(b, (size_t)n);
}

/* The input is at most what a pipe holds at once (64 KB), so that writing it cannot wait for reading. */
int
program_ask(struct ctl *c, char **argv, struct span input, struct buf *output)
{
	int to[2], from[2], status;
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		return ctl_fail(1, "cannot run %s: %s", argv[0], strerror(errno));
	if (pid == 0)
		child(c, argv, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	if (write(to[1], input.p, input.n) == -1)
		perror(argv[0]); /* it ended early, and its exit code says why */
	close(to[1]);
	read_all(from[0], output);
	close(from[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}
