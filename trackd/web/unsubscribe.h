/* unsubscribe.h: who asked out is told to bouncd, and answered only when that is durable. */
#pragma once

#include "proto_web.h"
#include "role.h"

/* Asked to be told of a wish's end, once: stored, or not (bouncd away, or it could not). */
typedef void unsubscribe_done(void *ctx, bool stored);

/* block: what bouncd says of links that are switched off. */
void unsubscribe_start(struct role *, void (*block)(const struct web_block *));
/* False: bouncd is away; done is not called then. */
bool unsubscribe_ask(const struct web_unsubscribe *, unsubscribe_done *, void *ctx);
