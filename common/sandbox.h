/* sandbox.h: a role gives up all it does not need (DESIGN 2).
 *
 * Own uid, chroot into an empty folder, no capabilities, no new privileges, a seccomp list (default answer ENOSYS and a
 * count), Landlock where the kernel has it, resource limits. Then a self-test tries to open a file, make a socket, signal
 * the master and execute; the role refuses to run if something succeeds that its table forbids. */
#pragma once

#include "role.h"

/* What the role table grants beyond the common list, as bits. */
enum grant {
	GRANT_ACCEPT = 1,   /* accept4 on sockets handed over */
	GRANT_CONNECT = 2,  /* socket, connect, bind to inet */
	GRANT_UDP = 4,	    /* DNS: datagram sockets */
	GRANT_SPOOL = 8,    /* openat, renameat, unlinkat, fsync below descriptors it holds (its root is empty all the same) */
	GRANT_THREADS = 16, /* clone for threads, made before or after */
	GRANT_MEMFD = 32,
	GRANT_MMAP_FILE = 64, /* LMDB */
	GRANT_JIT = 128,    /* PCRE2's JIT: executable memory */
};

void sandbox_enter(struct role *);
/* Words of what was tried and refused: "open=EPERM socket=EPERM kill=EPERM exec=EPERM". */
const char *sandbox_selftest(void);
