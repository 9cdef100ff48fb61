/* role_table.h: each role, its program, user and rights: DESIGN 2 as a table. */
#pragma once

#include "role_kind.h"

#include <stdbool.h>

struct role_spec {
	const char *name;    /* as in logs and status */
	const char *program; /* in PREFIX/libexec/posthouse; NULL: the master itself */
	const char *user;    /* named in the system, unless uid-base is set */
	unsigned number;     /* uid is uid-base + number */
	bool per_core;       /* a worker a core; else one */
	bool keeps_state;    /* takes PREPARE and COMMIT; else it is replaced at a reload */
	bool control;        /* has view.sock and ops.sock */
	unsigned grants;     /* bits of enum grant */
	unsigned peers;      /* ROLE_BIT of those it has a channel to */
};

const struct role_spec *role_spec(enum role_kind);
