/* worker.h: the jobs of queued: a message comes in, is rewritten and signed, and goes back (proto_rewrite.h). */
#pragma once

#include "conf.h"
#include "role.h"

/* Before the sandbox: reads keys and tenants, waits for its peers. Fails the role where a key is none. */
void worker_start(struct role *, const struct conf *);
