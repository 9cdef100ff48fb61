/* sender.h: the MAIL FROM of what goes out: the sender as given, or a signed bounce address of the tenant's bounce domain. */
#pragma once

#include "session.h"

struct queued;

/* The keys: lines "keyid hex", the first one signs. -1: nonsense. Empty: no addresses are signed. */
int sender_keys(struct span text, struct err *);
/* Whether each recipient has a sender address of its own. */
bool sender_is_personal(const struct queued *, const struct delivery *);
/* For the transaction; valid until the next call. */
struct span sender_address(const struct queued *, const struct transaction *);
/* What the token in a bounce address names; false: none of ours, or too old. */
bool sender_token(const struct queued *, struct span address, struct id *about, uint32_t *index);
