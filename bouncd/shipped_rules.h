/* shipped_rules.h: the text of etc/bounces.conf, built into the programs, so that a first start needs no file. */
#pragma once

#include "span.h"

struct span shipped_rules(void);
