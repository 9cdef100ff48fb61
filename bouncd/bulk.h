/* bulk.h: many entries at once over a control socket, in a file that the client made: import and export.
 *
 * A line has six fields with tabs between them: address (or "#" and a hash), scope, reason, time, expiry, event; times in
 * seconds since 1970. Of an import the last four may be empty: imported, now, as the settings say, none. */
#pragma once

#include "bouncd.h"
#include "control.h"

void bulk_import(void *bouncd, struct control_call *);
void bulk_export(void *bouncd, struct control_call *);
/* A merge is over: imports that waited for it go on. */
void bulk_go_on(struct bouncd *);
