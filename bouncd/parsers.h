/* parsers.h: the bouncd-parse workers: bytes out, facts in.
 *
 * A mail that was with a worker when it died is a suspect: it is asked again alone, so that no innocent one is with it, and
 * after PARSER_DEATHS_MAX deaths it is given up as unreadable. */
#pragma once

#include "returned_job.h"

enum { PARSER_DEATHS_MAX = 3 };

void parsers_start(struct bouncd *);
/* Gives it away with its descriptor; returned_parsed() or returned_lost() follows. false: no worker can take it now. */
bool parsers_give(struct job *);
/* How many workers died with it in hand. */
unsigned parsers_deaths(const struct job *);
