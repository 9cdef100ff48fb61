/* databases.h: opens what bouncd keeps: the suppression list, the links that are switched off, the book of replies. None of them
 * keeps mail from starting: what is damaged is set aside, with a log line and an event, and begun anew or brought back from its
 * copy. Before the sandbox. */
#pragma once

#include "bouncd.h"

void databases_open(struct bouncd *, const char *folder, struct suppression_options *);
