/* unsubscribe.h: what is said with bouncd: who asked out is told, and answered only when that is durable; which links are
 * switched off is heard (blocks.h). */
#pragma once

#include "proto_web.h"
#include "role.h"

/* Asked to be told of a wish's end, once: stored, or not (bouncd away, or it could not). */
typedef void unsubscribe_done(void *ctx, bool stored);

void unsubscribe_start(struct role *);
/* False: bouncd is away; done is not called then. */
bool unsubscribe_ask(const struct web_unsubscribe *, unsubscribe_done *, void *ctx);
