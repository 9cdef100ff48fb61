/* pool.h: threads that hash passwords, so that the loop never waits for one.
 *
 * A job is a password and the hash it must give; it stays its owner's, untouched until it comes back to the loop. */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>

struct job {
	STAILQ_ENTRY(job) link;
	const char *password, *hash; /* hash: of crypt(5) */
	bool fits;
	void *ctx; /* its owner's */
};

struct pool;

/* answered() is called by the loop. After sandbox_enter(): it makes threads. */
struct pool *pool_new(unsigned threads, void (*answered)(void *ctx, struct job *), void *ctx);
void pool_add(struct pool *, struct job *);
