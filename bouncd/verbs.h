/* verbs.h: what bouncd answers on its control sockets: suppress-add, suppress-rm, suppress-why, suppress-list. */
#pragma once

#include "bouncd.h"

void verbs_serve(struct bouncd *);
