/* suppressed.h: bouncd's suppression list as queued sees it: hashes in a sealed memory file, and changes since.
 *
 * A hit may be another address with the same hash: bouncd confirms it. The hash is SipHash-2-4, keyed with the seeds of the list,
 * of the lower-cased address, a NUL and the scope: "", "tenant" or "tenant/campaign". */
#pragma once

#include "proto_bounce.h"

struct suppressed;

struct suppressed *suppressed_new(void);
/* Takes over the descriptor. -1: it is no such list. */
int suppressed_list(struct suppressed *, const struct bounce_list *);
void suppressed_change(struct suppressed *, const struct bounce_change *);
/* For everybody or for this tenant. */
bool suppressed_maybe(const struct suppressed *, struct span tenant, struct span address);
