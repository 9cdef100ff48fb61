/* handout.h: what each role is handed at its start: its part of the configuration, descriptors, secrets. */
#pragma once

#include "house.h"
#include "msg.h"

struct sockets;

/* Puts HELLO, CONF, GIVE and SECRET records for the child. -1: something cannot be opened or read. */
int handout_put(
    const struct conf *, const struct sockets *, const struct child *, struct chan *, struct err *);
/* The folder a role works in, open, or -1 if it has none: it stands there when it starts, and its database is "."; so what lies
 * above need not be open to its user. Returns -1: it cannot be opened. */
int handout_folder(const struct conf *, enum role_kind, int *fd, struct err *);
/* What goes before PREPARE to a role that keeps state: CONF, and SECRET for what its files hold anew. -1: such a file
 * cannot be read. */
int handout_fresh(const struct conf *, enum role_kind, struct chan *, struct err *);
/* Of log.h, as the configuration says; the master's own too. */
uint8_t handout_log_level(const struct conf *);
