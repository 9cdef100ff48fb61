/* pool.h: threads that hash passwords, so that the loop never waits for one.
 *
 * A job is a password and the hash it must give. Answers come back to the loop in any order. Of an unknown login the
 * password is hashed all the same, so that the time tells nobody which logins there are. */
#pragma once

#include "span.h"

struct pool;

/* answered() is called by the loop. After sandbox_enter(): it makes threads. */
struct pool *
pool_new(void (*answered)(void *ctx, uint64_t ticket, uint32_t peer, bool fits), void *ctx);

/* hash NULL: there is no such login. Password and hash are copied. -1: too many wait already. */
int pool_ask(struct pool *, uint64_t ticket, uint32_t peer, struct span password, const char *hash);
