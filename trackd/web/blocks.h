/* blocks.h: links that are switched off, as bouncd tells them: by where they lead, by campaign, by tenant. */
#pragma once

#include "proto_web.h"

enum { BLOCKS_MAX = 10000 };

void blocks_take(const struct web_block *);
/* Is a link of that tenant and campaign to that URL switched off? Each may be empty. */
bool blocks_has(struct span tenant, struct span campaign, struct span url);
