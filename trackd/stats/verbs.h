/* verbs.h: what trackd-stats answers on its control sockets: stats and trace. */
#pragma once

#include "role.h"

void verbs_serve(struct role *);
