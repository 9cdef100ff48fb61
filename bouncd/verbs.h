/* verbs.h: what bouncd answers on its control sockets: suppress-add, -rm, -why, -list, -import,
 * -export, forget. */
#pragma once

#include "bouncd.h"

void verbs_serve(struct bouncd *);
