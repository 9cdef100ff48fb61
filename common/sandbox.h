/* sandbox.h: a role gives up all it does not need (DESIGN 2).
 *
 * Own uid, chroot into an empty folder, no capabilities, no new privileges, a seccomp list (default answer ENOSYS;
 * execve and ptrace kill), Landlock where the kernel has it, resource limits. Then a self-test tries to open a file,
 * make a socket, signal the master and execute; the role refuses to run if something succeeds that its table forbids. */
#pragma once

#include "role.h"

/* What the role table grants beyond the list that all roles share, as bits. */
enum grant {
	GRANT_ACCEPT = 1,  /* accept connections on sockets handed over */
	GRANT_CONNECT = 2, /* stream sockets of the internet: socket, bind, connect */
	GRANT_UDP = 4,     /* datagram sockets of the internet: DNS */
	GRANT_SPOOL =
	    8, /* create, rename, unlink and sync below folders it holds; its root is empty all the same */
	GRANT_THREADS = 16,     /* make threads */
	GRANT_MEMFD = 32,       /* make memory files, to be sealed and passed on */
	GRANT_JIT = 64,         /* executable memory for PCRE2 */
	GRANT_READ_BELOW = 128, /* open for reading below folders it holds */
	GRANT_DATABASE = 256,   /* write and sync files it has open (LMDB) */
	GRANT_RESIZE = 512,     /* cut or grow files it has open */
};

/* Landlock: this folder stays reachable (the spool; the events of stats). Before sandbox_enter(). */
void sandbox_keep_folder(int dirfd);

/* Fails the role (EX_OSERR) where a step is refused, and (EX_SOFTWARE) where the self-test reached something. */
void sandbox_enter(struct role *);

/* What the self-test tried and how it was refused: "open=ENOENT socket=ENOSYS kill=ENOSYS exec=killed landlock=yes". */
const char *sandbox_selftest(void);
