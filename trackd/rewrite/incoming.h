/* incoming.h: the message of a job, read from its packet or its descriptor, without the lines meant for us alone. */
#pragma once

#include "buf.h"
#include "err.h"

/* drops: facts_drop pairs as in proto_rewrite.h. -1: short read, or larger than the buffer may be. */
int incoming_read(struct buf *out, struct span bytes, int fd, uint64_t start, uint64_t size_bytes,
    struct span drops, struct err *);
