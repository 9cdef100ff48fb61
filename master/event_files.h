/* event_files.h: each role that tells events has a file of its own in the events folder, and is handed it open. */
#pragma once

#include "conf.h"
#include "msg.h"
#include "role_kind.h"

/* GIVE records "events" and "events-read" for a role that has such a file: at its start, and when the file was moved away.
 * -1: it cannot be opened. */
int event_files_hand(const struct conf *, enum role_kind, struct chan *, struct err *);
/* "events-before 0" and on: to read those that were moved away, the youngest first. */
int event_files_before(const struct conf *, enum role_kind, struct chan *, struct err *);
