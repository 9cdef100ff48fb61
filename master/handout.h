/* handout.h: what each role is handed at its start: its part of the configuration, descriptors, secrets. */
#pragma once

#include "house.h"
#include "msg.h"

/* Puts HELLO, CONF, GIVE and SECRET records for the child. -1: something cannot be opened or read. */
int
handout_put(struct house *, const struct conf *, const struct child *, struct chan *, struct err *);
/* The folder a role works in, or NULL: it stands there when it starts, and its database is "."; so what lies above need not
 * be open to its user. */
const char *handout_folder(const struct conf *, enum role_kind, char path[4096]);
/* What goes before PREPARE to a role that keeps state: CONF, and SECRET for what its files hold anew. -1: such a file
 * cannot be read. */
int handout_fresh(const struct conf *, enum role_kind, struct chan *, struct err *);
