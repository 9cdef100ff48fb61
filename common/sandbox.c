#include "sandbox.h"
#include "err.h"
#include "log.h"
#include "role_inside.h"
#include "role_table.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { FOLDERS_MAX = 4 };

#ifndef SANDBOX_LEAK
#define SANDBOX_LEAK /* a test puts a call here and sees that the role refuses to run */
#endif

/* What a process of ours needs whatever its role: its memory, its clock, its descriptors. */
static const int common_calls[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv),
	SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getrusage), SCMP_SYS(times),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo), SCMP_SYS(uname),
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SANDBOX_LEAK SCMP_SYS(membarrier) };

static const int spool_calls[] = { SCMP_SYS(openat), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat), SCMP_SYS(linkat), SCMP_SYS(mkdirat), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(syncfs), SCMP_SYS(pwrite64), SCMP_SYS(preadv),
	SCMP_SYS(pwritev), SCMP_SYS(getdents64), SCMP_SYS(fstatfs), SCMP_SYS(flock),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(utimensat), SCMP_SYS(fchmod),
	SCMP_SYS(fadvise64), SCMP_SYS(sync_file_range), SCMP_SYS(copy_file_range) };

/* What LMDB does with the files it has open. */
static const int database_calls[] = { SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(preadv),
	SCMP_SYS(msync), SCMP_SYS(fdatasync), SCMP_SYS(fsync) };

/* What may be asked of any descriptor. F_SETFL and duplicates: allow_descriptors(). */
static const unsigned fcntl_commands[] = { F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW,
	F_ADD_SEALS, F_GET_SEALS };

#if defined(__SANITIZE_ADDRESS__)
/* What the sanitisers' run-time looks at; the root is empty all the same. */
static const int sanitiser_calls[] = { SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(stat),
	SCMP_SYS(newfstatat), SCMP_SYS(prctl), SCMP_SYS(mincore), SCMP_SYS(personality),
	SCMP_SYS(arch_prctl) };
#endif

static struct {
	int folders[FOLDERS_MAX];
	unsigned folders_n;
	bool landlock;
	char selftest[160];
} box;

void
sandbox_keep_folder(int dirfd)
{
	must(box.folders_n < FOLDERS_MAX);
	box.folders[box.folders_n++] = dirfd;
}

#define ALLOW_ALL(ctx, list) allow_all(ctx, list, sizeof(list) / sizeof((list)[0]))

static int
allow_all(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return r;
}

/* The kernel looks at the low half of a number, a comparison at all of it: garbage above would pass for another one. */
#define LOW_IS(arg, value)                                                                         \
	SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, 0xffffffffU, (scmp_datum_t)(uint32_t)(value))

/* Memory may be asked for, but not to be executed, unless the role has a JIT. */
static int
allow_memory(scmp_filter_ctx ctx, unsigned grants)
{
	int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	int r = 0;

	for (unsigned i = 0; i < 2 && r == 0; i++) {
		if (grants & GRANT_JIT)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
		else
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
			    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	return r;
}

/* An abort is a signal to oneself; fstat() of this C library is newfstatat with an empty path. */
static int
allow_self(scmp_filter_ctx ctx)
{
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));

	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
		    SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	return r;
}

static int
allow_sockets(scmp_filter_ctx ctx, unsigned grants)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	if (grants & GRANT_ACCEPT)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(accept4), 0);
	if (r != 0 || (grants & (GRANT_CONNECT | GRANT_UDP)) == 0)
		return r;
	for (unsigned i = 0; i < 2 && r == 0; i++) {
		unsigned kind = SOCK_STREAM;

		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, kind));
		if (r == 0 && grants & GRANT_UDP)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0),
			    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	}
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0);
	if (r == 0 && grants & GRANT_UDP)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, LOW_IS(1, FIONREAD));
	if (r == 0 && grants & GRANT_UDP)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, LOW_IS(1, FIONBIO));
	return r;
}

/* The call with any descriptor but that one: one that differs in some bit. second: what holds of the next argument. */
static int
allow_but_for(scmp_filter_ctx ctx, int call, int fd, const struct scmp_arg_cmp *second)
{
	int r = 0;

	if (fd == -1)
		return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, second != NULL, second);
	for (unsigned bit = 0; bit < 32 && r == 0; bit++) {
		scmp_datum_t mask = (scmp_datum_t)1 << bit;
		struct scmp_arg_cmp args[2] = { SCMP_A0(
		    SCMP_CMP_MASKED_EQ, mask, ~(scmp_datum_t)(unsigned)fd & mask) };

		if (second != NULL)
			args[1] = *second;
		r = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, second == NULL ? 1 : 2, args);
	}
	return r;
}

/* What was written to the append-only file stays as it was: its descriptor keeps O_APPEND, has no second number under which it
 * could be forgotten, and is neither cut short nor punched. (pwrite appends there too; it is open for writing alone, so that
 * it cannot be mapped.) */
static int
allow_descriptors(scmp_filter_ctx ctx, const struct role_self *self)
{
	static const int copies[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_SETFL };
	int r = 0, keep = self->append_fd;

	for (unsigned i = 0; i < sizeof(fcntl_commands) / sizeof(fcntl_commands[0]) && r == 0; i++)
		r = seccomp_rule_add(
		    ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, LOW_IS(1, fcntl_commands[i]));
	for (unsigned i = 0; i < sizeof(copies) / sizeof(copies[0]) && r == 0; i++) {
		struct scmp_arg_cmp command = LOW_IS(1, copies[i]);

		r = allow_but_for(ctx, SCMP_SYS(fcntl), keep, &command);
	}
	/* Onto its number: the file that the master opened anew. */
	if (r == 0 && keep != -1) {
		struct scmp_arg_cmp onto = LOW_IS(1, keep);

		r = allow_but_for(ctx, SCMP_SYS(dup3), keep, &onto);
	}
	if (r == 0 && self->grants & GRANT_ACCEPT)
		r = allow_but_for(ctx, SCMP_SYS(dup), keep, NULL);
	if (r == 0 && self->grants & (GRANT_SPOOL | GRANT_RESIZE))
		r = allow_but_for(ctx, SCMP_SYS(ftruncate), keep, NULL);
	if (r == 0 && self->grants & GRANT_SPOOL)
		r = allow_but_for(ctx, SCMP_SYS(fallocate), keep, NULL);
	return r;
}

static int
allow_files(scmp_filter_ctx ctx, unsigned grants)
{
	int r = 0;

	if (grants & GRANT_SPOOL)
		r = ALLOW_ALL(ctx, spool_calls);
	if (r == 0 && grants & GRANT_DATABASE)
		r = ALLOW_ALL(ctx, database_calls);
	if (r == 0 && grants & GRANT_MEMFD)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(memfd_create), 0);
	if (r == 0 && grants & GRANT_READ_BELOW) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(getdents64), 0);
	}
	return r;
}

/* clone only for threads: CLONE_THREAD set. clone3 hides its flags behind a pointer, so it stays ENOSYS and the C library
 * falls back. */
static int
allow_threads(scmp_filter_ctx ctx, unsigned grants)
{
	int r = 0;

	if ((grants & GRANT_THREADS) == 0)
		return 0;
	r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(set_tid_address), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	return r;
}

static int
kill_hopeless(scmp_filter_ctx ctx)
{
	static const int calls[] = { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace) };
	int r = 0;

	for (unsigned i = 0; i < 3 && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, calls[i], 0);
	return r;
}

static int
filter_load(const struct role_self *self)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	unsigned grants = self->grants;
	int r;

	if (ctx == NULL)
		return -1;
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(
	    ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree: the hot path pays less */
	if (r == 0)
		r = ALLOW_ALL(ctx, common_calls);
	if (r == 0)
		r = allow_memory(ctx, grants);
	if (r == 0)
		r = allow_self(ctx);
	if (r == 0)
		r = allow_sockets(ctx, grants);
	if (r == 0)
		r = allow_files(ctx, grants);
	if (r == 0)
		r = allow_descriptors(ctx, self);
	if (r == 0)
		r = allow_threads(ctx, grants);
	if (r == 0)
		r = kill_hopeless(ctx);
#if defined(__SANITIZE_ADDRESS__)
	if (r == 0)
		r = ALLOW_ALL(ctx, sanitiser_calls);
#endif
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? 0 : -1;
}

/* Landlock: nothing by path at all, but below the folders kept. Kernels without it go on without. */
static void
landlock_enter(void)
{
	struct landlock_ruleset_attr all = { .handled_access_fs =
						 (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
	uint64_t files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset;

	if (abi < 1)
		return;
	if (abi >=
	    2) { /* renaming between the spool's folders needs REFER, which came with the second version */
		all.handled_access_fs |= 1ULL << 13;
		files |= 1ULL << 13;
	} else if (box.folders_n > 0)
		return;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all.handled_access_fs), 0);
	if (ruleset == -1)
		return;
	for (unsigned i = 0; i < box.folders_n; i++) {
		struct landlock_path_beneath_attr below = { .allowed_access = files,
			.parent_fd = box.folders[i] };

		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below,
			0) == -1) {
			close(ruleset);
			return;
		}
	}
	box.landlock = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
}

/* The steps in the one order that works: chroot needs root, the filter forbids all the rest. */
static int
enter(const struct role_self *self, struct err *err)
{
	struct rlimit none = { 0, 0 };

	if (seteuid(0) == -1 || setegid(0) == -1)
		return err_sys(err, "regain root to enter the sandbox");
	if (chroot(self->empty) == -1 || chdir("/") == -1)
		return err_sys(err, "chroot to %s", self->empty);
	for (int cap = 0; cap < 64; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (setgroups(0, NULL) == -1 || setresgid(self->gid, self->gid, self->gid) == -1 ||
	    setresuid(self->uid, self->uid, self->uid) == -1)
		return err_sys(err, "become uid %u gid %u", self->uid, self->gid);
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return err_sys(err, "forbid core files");
	if (prctl(PR_SET_DUMPABLE, 0) == -1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(err, "set no_new_privs");
	landlock_enter();
	if (filter_load(self) == -1)
		return err_sys(err, "load the system call filter");
	return 0;
}

/* In a child, as it does not survive: execve is answered with death. 0: killed, as it must be. */
static int
exec_probe(const struct role_self *self)
{
	pid_t child = fork();
	int status;

	if (child == -1)
		return -1;
	if (child == 0) {
		char *argv[] = { (char *)"/bin/true", NULL };

		if (enter(self, NULL) == 0)
			execve(argv[0], argv, argv + 1);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? 0 : -1;
}

static const char *
refusal(int reached)
{
	return reached ? "REACHED" : strerrorname_np(errno);
}

/* Tries what the role must not. -1: something succeeded that the table forbids. */
static int
selftest(const struct role_self *self, int exec_reached)
{
	int family = self->grants & (GRANT_CONNECT | GRANT_UDP) ? AF_UNIX : AF_INET;
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	const char *open_said = refusal(file >= 0);
	int sock = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *socket_said = refusal(sock >= 0);
	int signalled = kill(getppid(), 0);
	const char *kill_said = refusal(signalled == 0);
	int root = setuid(0);

	snprintf(box.selftest, sizeof(box.selftest),
	    "open=%s socket=%s kill=%s setuid=%s exec=%s landlock=%s", open_said, socket_said,
	    kill_said, refusal(root == 0), exec_reached ? "REACHED" : "killed",
	    box.landlock ? "yes" : "no");
	return file >= 0 || sock >= 0 || signalled == 0 || root == 0 || exec_reached ? -1 : 0;
}

void
sandbox_enter(struct role *role)
{
	const struct role_self *self = role_self(role);
	struct err err;
	int exec_reached = exec_probe(self);

	if (enter(self, &err) == -1)
		role_fail(role, EX_OSERR, "%s", err.text);
	if (selftest(self, exec_reached) == -1)
		role_fail(
		    role, EX_SOFTWARE, "the sandbox leaks, refusing to run: %s", box.selftest);
	log_debug("sandboxed", "%s", box.selftest);
}

const char *
sandbox_selftest(void)
{
	return box.selftest;
}
