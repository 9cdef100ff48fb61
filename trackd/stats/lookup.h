/* lookup.h: bouncd's questions: which delivery was that? */
#pragma once

#include "role.h"

void lookup_serve(struct role *);
