/* program.h: runs a role's program in its batch mode, so that the command links no daemon. */
#pragma once

#include "ctl.h"

/* In place of this process; argv[0] is the program's name. Comes back only if it cannot: 1. */
int program_become(struct ctl *, char **argv);
/* Feeds it input and takes what it says (its standard error goes through). Its exit code, or 1. */
int program_ask(struct ctl *, char **argv, struct span input, struct buf *output);
