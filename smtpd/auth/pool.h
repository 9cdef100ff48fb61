/* pool.h: threads that compute password hashes, which take tens of milliseconds each, so that the loop does not wait. */
#pragma once

#include <stdbool.h>

struct check {
	char *password; /* freed and wiped by the pool */
	const char *hash;
	void (*checked)(void *ctx, bool ok); /* in the loop's thread */
	void *ctx;
};

enum { POOL_WAITING_MAX = 200 };

void pool_start(unsigned threads); /* after the sandbox */
/* False: too many wait; nothing was taken. */
bool pool_check(const struct check *);
