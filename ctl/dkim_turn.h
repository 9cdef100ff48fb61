/* dkim_turn.h: a key begins to sign, or ends. Said on standard output, kept as an admin event; the house that runs is told by
 * the caller. */
#pragma once

#include "dkim_files.h"

/* force: whatever DNS says; beside: the keys of the same algorithm go on. The exit code: 1 was said why. */
int dkim_activate(struct ctl *, const struct dkim_file *, bool force, bool beside);
/* force: though nothing signs for the domain then. */
int dkim_retire(struct ctl *, const struct dkim_file *, bool force);
