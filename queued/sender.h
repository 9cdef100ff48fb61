/* sender.h: the MAIL FROM of what goes out: the sender as given, or a signed bounce address of the tenant's bounce domain. */
#pragma once

#include "bounce_token.h"
#include "session.h"

struct queued;
struct tenant;

/* The keys (bounce_token.h). Without any no addresses are signed. */
int sender_keys(struct span text, struct err *);
/* A reload: the next ones, read and then taken. */
int sender_keys_prepare(struct span text, struct err *);
void sender_keys_commit(void);
/* Whether each recipient has a sender address of its own. */
bool sender_is_personal(const struct queued *, const struct delivery *);
/* For the transaction; valid until the next call. */
struct span sender_address(const struct queued *, const struct transaction *);
/* Whether there is a token in a bounce address, made for the tenant whose bounce domain it is; what it names, and whose
 * the domain is (NULL: nobody's). */
enum bounce_check sender_token(
    const struct queued *, struct span address, struct bounce_token *, const struct tenant **);
