/* lookup.h: bouncd's questions to trackd-stats (proto_lookup.h). Each is answered once: by stats, or as not found when it is
 * away or LOOKUP_WAIT_MS have passed. */
#pragma once

#include "bouncd.h"
#include "proto_lookup.h"

enum { LOOKUP_WAIT_MS = 5000 };

typedef void lookup_done(void *ctx, unsigned which, const struct lookup_found *);

void lookup_start(struct bouncd *);
/* done() may come within the call. which: the asker's own number of the question. */
void lookup_ask(const struct lookup_ask *, lookup_done *, void *ctx, unsigned which);
