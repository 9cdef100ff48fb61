/* changed.h: what follows when a command changed a file that daemons were handed: the audit event, and a reload. */
#pragma once

#include "ctl.h"

/* Appends an admin event to EVENTS/posthouse.jsonl; reason says what was done, in words. A house without that folder
 * yet keeps none. */
void changed_event(struct ctl *, const char *verb, const char *reason);
/* A house that runs takes the new file with a reload; one that does not, at its start. The exit code. */
int changed_reload(struct ctl *, const char *reason, bool no_reload);
