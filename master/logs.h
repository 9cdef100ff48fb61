/* logs.h: the log and the event files opened anew, after they were moved away (logrotate(8)).
 *
 * The master writes the log, so that is done when this returns. A role is handed its event file anew, and writes to it as
 * soon as nothing is on its way to the old one. What was not moved stays as it is. */
#pragma once

#include "house.h"

/* -1: the log cannot be opened, and goes on into the old file; err. */
int logs_reopen(struct house *, struct err *);
