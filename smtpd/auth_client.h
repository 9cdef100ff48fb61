/* auth_client.h: smtpd's end of the channel to smtpd-auth (proto_auth.h). */
#pragma once

#include "waiter.h"

struct auth_client;

struct auth_client *auth_client_new(void);
void auth_client_connected(void *auth, unsigned instance, int fd); /* for role_on_peer() */

/* The waiter is answered 0 and the tenant's name, 535, or 454. login and password are copied out at once. */
void auth_client_ask(struct auth_client *, struct span login, struct span password,
    struct span client, struct waiter *, waiter_fn *, void *ctx);
