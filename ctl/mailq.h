/* mailq.h: mailq(1), the queue in the layout of Postfix, which monitoring scripts read. */
#pragma once

#include "ctl.h"

int mailq(struct ctl *, int argc, char **argv);
