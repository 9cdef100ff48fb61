/* The sandbox with one call too many on its list: a role built with it must refuse to run (tests/e2e/leaky.py). */
#include <seccomp.h>

#define SANDBOX_LEAK SCMP_SYS(socket),
#include "../../common/sandbox.c"
