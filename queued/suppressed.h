/* suppressed.h: bouncd's suppression list as queued sees it: hashes in a sealed memory file, and changes since.
 *
 * A hit may be another name with the same hash, or an entry that is over: bouncd confirms it. A hash is 40 bits of SipHash-2-4
 * of the lower-cased address, then 24 of the same of the address, a NUL and the scope ("", "tenant" or "tenant/campaign"),
 * keyed with the seeds of the list: so all scopes of an address lie side by side, and one search finds them. */
#pragma once

#include "proto_bounce.h"

struct suppressed;

struct suppressed *suppressed_new(void);
/* Why the list lacks what was on it, so that bulk mail waits; NULL: it lacks nothing that is known. */
const char *suppressed_lost(const struct suppressed *);
/* bouncd has told the list, once at least since the start. */
bool suppressed_told(const struct suppressed *);
/* Takes over the descriptor. -1: it is no such list. */
int suppressed_list(struct suppressed *, const struct bounce_list *);
void suppressed_change(struct suppressed *, const struct bounce_change *);
/* For everybody, for this tenant, or for this campaign of it. */
bool suppressed_maybe(
    const struct suppressed *, struct span tenant, struct span campaign, struct span address);
/* Counts what was put onto the list: while it is the same, what was looked up before still holds. */
uint64_t suppressed_version(const struct suppressed *);
