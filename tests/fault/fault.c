/* Preloaded into a program under test: the Nth step that touches a regular file or folder goes wrong.
 *
 *	FAULT_AT=N	which one (1 the first); 0 or unset: none
 *	FAULT_HOW=	eio, enospc: it fails, nothing is done; kill: the process dies before it; after: dies right after it;
 *			tear: of a write the first half is done, then the process dies; lost: a write is told done and is not, and
 *			the next sync that covers it fails, once a descriptor, as the kernel tells it
 *	FAULT_FOR=N	eio, enospc: so many steps fail, 1 if unset
 *	FAULT_THEN=N	so many steps after these the process dies; unset: it lives
 *	FAULT_SLOW_MS=N	each sync takes so much longer, with and without a fault
 *	FAULT_SLOW_FROM_MS=N	those of the process's first so many milliseconds do not
 *	FAULT_DURABLE=FILE	gets a line "SECOND RECIPIENT" (monotonic clock) for each recipient that pwrite() wrote an event of, once
 *			the next fdatasync() of that descriptor came back
 *
 * Steps: write pwrite writev pwritev fsync fdatasync syncfs renameat unlinkat. How many there were is told at the end
 * of a process that ends by itself, in the file FAULT_COUNT. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum how { NONE, FAILS, KILL, AFTER, TEAR, LOST };
enum { FDS = 1024 };

/* Recipients whose event was written to that descriptor, and not synced yet. */
enum { NAMED_BYTES = 1 << 20 };

static struct {
	pthread_mutex_t lock;
	int to; /* -1: nobody asks */
	int fd;
	size_t n;
	char names[NAMED_BYTES]; /* each with its LF */
} named = { .lock = PTHREAD_MUTEX_INITIALIZER, .to = -1 };

/* One a process, as its environment is. */
static struct {
	atomic_uint seen;
	unsigned at, n, then, slow_ms, slow_from_ms;
	struct timespec began;
	enum how how;
	int error;
	/* lost: that file's bytes; descriptors below FDS that were told */
	dev_t dev;
	ino_t ino;
	atomic_bool lost, told[FDS];
} fault;

static unsigned
number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

static void __attribute__((constructor)) fault_read(void)
{
	const char *how = getenv("FAULT_HOW");

	fault.at = number("FAULT_AT", 0);
	fault.n = number("FAULT_FOR", 1);
	fault.then = number("FAULT_THEN", 0);
	fault.slow_ms = number("FAULT_SLOW_MS", 0);
	fault.slow_from_ms = number("FAULT_SLOW_FROM_MS", 0);
	clock_gettime(CLOCK_MONOTONIC, &fault.began);
	if (getenv("FAULT_DURABLE") != NULL)
		named.to =
		    open(getenv("FAULT_DURABLE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (how == NULL)
		return;
	fault.error = strcmp(how, "enospc") == 0 ? ENOSPC : EIO;
	fault.how = strcmp(how, "kill") == 0    ? KILL
		    : strcmp(how, "after") == 0 ? AFTER
		    : strcmp(how, "tear") == 0  ? TEAR
		    : strcmp(how, "lost") == 0  ? LOST
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
	unsigned seen;

	if (fault.at == 0 || !is_disk(fd))
		return NONE;
	seen = atomic_fetch_add(&fault.seen, 1) + 1;
	if (fault.then > 0 && seen >= fault.at + fault.n + fault.then)
		die();
	if (seen < fault.at || seen >= fault.at + fault.n)
		return NONE;
	if (fault.how == KILL)
		die();
	return fault.how;
}

/* True: this write is told done, and its bytes are gone. */
static int
is_lost(enum how how, int fd)
{
	struct stat st;

	if (how != LOST || fstat(fd, &st) == -1)
		return 0;
	fault.dev = st.st_dev;
	fault.ino = st.st_ino;
	atomic_store(&fault.lost, 1);
	return 1;
}

/* Of a sync: nothing was lost that it covers, or it was told on this descriptor. */
static int
is_told(int fd, int whole)
{
	struct stat st;

	if (!atomic_load(&fault.lost) || fd < 0 || fd >= FDS || fstat(fd, &st) == -1 ||
	    (!whole && (st.st_dev != fault.dev || st.st_ino != fault.ino)))
		return 1;
	return atomic_exchange(&fault.told[fd], 1);
}

static int
is_young(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - fault.began.tv_sec) * 1000 +
		   (now.tv_nsec - fault.began.tv_nsec) / 1000000 <
	       (long)fault.slow_from_ms;
}

static void
slow(int fd)
{
	if (fault.slow_ms > 0 && is_disk(fd) && !is_young())
		usleep(fault.slow_ms * 1000);
}

/* ---- what became durable when ---- */

static void
names_see(int fd, const char *p, size_t n)
{
	static const char key[] = "\"recipient\":\"";
	const char *end = p + n, *at, *stop;

	if (named.to == -1)
		return;
	pthread_mutex_lock(&named.lock);
	if (fd != named.fd)
		named.n = 0;
	named.fd = fd;
	while ((at = memmem(p, (size_t)(end - p), key, sizeof(key) - 1)) != NULL) {
		p = at + sizeof(key) - 1;
		stop = memchr(p, '"', (size_t)(end - p));
		if (stop == NULL || named.n + (size_t)(stop - p) + 1 > sizeof(named.names))
			break;
		memcpy(named.names + named.n, p, (size_t)(stop - p));
		named.n += (size_t)(stop - p);
		named.names[named.n++] = '\n';
	}
	pthread_mutex_unlock(&named.lock);
}

static void
names_tell(int fd)
{
	struct timespec now;

	if (named.to == -1)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&named.lock);
	for (char *p = named.names, *lf; fd == named.fd && p < named.names + named.n; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(named.names + named.n - p));
		dprintf(named.to, "%lld.%06ld %.*s\n", (long long)now.tv_sec, now.tv_nsec / 1000,
		    (int)(lf - p), p);
	}
	if (fd == named.fd)
		named.n = 0;
	pthread_mutex_unlock(&named.lock);
}

static long
ended(enum how how, long result)
{
	if (how == AFTER || how == TEAR)
		die(); /* LOST: only a write can be */
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

	if (is_lost(how, fd))
		return (ssize_t)n;
	if (how == FAILS)
		return failed();
	return ended(how, syscall(SYS_write, fd, p, how == TEAR ? n / 2 : n));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	enum how how = step(fd);

	names_see(fd, p, n);
	if (is_lost(how, fd))
		return (ssize_t)n;
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

	slow(fd);
	if (!is_told(fd, 0))
		how = FAILS;
	return (int)(how == FAILS ? failed() : ended(how, syscall(SYS_fsync, fd)));
}

int
fdatasync(int fd)
{
	enum how how = step(fd);
	int r;

	slow(fd);
	if (!is_told(fd, 0))
		how = FAILS;
	r = (int)(how == FAILS ? failed() : ended(how, syscall(SYS_fdatasync, fd)));
	if (r == 0)
		names_tell(fd);
	return r;
}

int
syncfs(int fd)
{
	enum how how = step(fd);

	slow(fd);
	if (!is_told(fd, 1))
		how = FAILS;
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
