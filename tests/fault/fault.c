/* Preloaded into a program under test: the Nth step that touches a regular file or folder goes wrong.
 *
 *	FAULT_AT=N	which one (1 the first); 0 or unset: none
 *	FAULT_HOW=	eio, enospc: it fails, nothing is done; kill: the process dies before it; after: dies right after it;
 *			tear: of a write the first half is done, then the process dies
 *
 * Steps: write pwrite writev pwritev fsync fdatasync syncfs renameat unlinkat. How many there were is told at the end
 * of a process that ends by itself, in the file FAULT_COUNT. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum how { NONE, FAILS, KILL, AFTER, TEAR };

/* One a process, as its environment is. */
static struct {
	atomic_uint seen;
	unsigned at;
	enum how how;
	int error;
} fault;

static void __attribute__((constructor)) fault_read(void)
{
	const char *at = getenv("FAULT_AT"), *how = getenv("FAULT_HOW");

	fault.at = at == NULL ? 0 : (unsigned)strtoul(at, NULL, 10);
	if (how == NULL)
		return;
	fault.error = strcmp(how, "enospc") == 0 ? ENOSPC : EIO;
	fault.how = strcmp(how, "kill") == 0    ? KILL
		    : strcmp(how, "after") == 0 ? AFTER
		    : strcmp(how, "tear") == 0  ? TEAR
						: FAILS;
}

static void __attribute__((destructor)) fault_told(void)
{
	const char *name = getenv("FAULT_COUNT");
	FILE *f = name == NULL ? NULL : fopen(name, "w");

	if (f == NULL)
		return;
	fprintf(f, "%u\n", atomic_load(&fault.seen));
	fclose(f);
}

static void
die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

static int
is_disk(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static enum how
step(int fd)
{
	if (fault.at == 0 || !is_disk(fd) || atomic_fetch_add(&fault.seen, 1) + 1 != fault.at)
		return NONE;
	if (fault.how == KILL)
		die();
	return fault.how;
}

static long
ended(enum how how, long result)
{
	if (how == AFTER || how == TEAR)
		die();
	return result;
}

static long
failed(void)
{
	errno = fault.error;
	return -1;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	enum how how = step(fd);

	if (how == FAILS)
		return failed();
	return ended(how, syscall(SYS_write, fd, p, how == TEAR ? n / 2 : n));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	enum how how = step(fd);

	if (how == FAILS)
		return failed();
	return ended(how, syscall(SYS_pwrite64, fd, p, how == TEAR ? n / 2 : n, at));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	enum how how = step(fd);

	if (how == FAILS)
		return failed();
	return ended(how, syscall(SYS_writev, fd, v, how == TEAR ? 1 : n));
}

ssize_t
pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	enum how how = step(fd);

	if (how == FAILS)
		return failed();
	return ended(how, syscall(SYS_pwritev, fd, v, how == TEAR ? 1 : n, at, 0));
}

int
fsync(int fd)
{
	enum how how = step(fd);

	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_fsync, fd)));
}

int
fdatasync(int fd)
{
	enum how how = step(fd);

	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_fdatasync, fd)));
}

int
syncfs(int fd)
{
	enum how how = step(fd);

	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_syncfs, fd)));
}

int
renameat(int from, const char *a, int to, const char *b)
{
	enum how how = step(from);

	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_renameat, from, a, to, b)));
}

int
unlinkat(int fd, const char *name, int flags)
{
	enum how how = step(fd);

	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_unlinkat, fd, name, flags)));
}
