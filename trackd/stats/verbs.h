/* verbs.h: what trackd-stats answers on its control sockets: stats, trace, bounces (bounces.c) and forget (forget.c). */
#pragma once

#include "role.h"

void verbs_serve(struct role *);
