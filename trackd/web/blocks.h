/* blocks.h: links that are switched off, as bouncd tells them: by where they lead, by campaign, by tenant.
 *
 * However many there are, a look costs a few places of a table: a host is looked for with each of the domains it is in. */
#pragma once

#include "proto_web.h"

/* Between begin and end bouncd tells all of them; what it did not tell then is over. Until the first end nobody knows. */
void blocks_begin(void);
void blocks_take(const struct web_block *);
void blocks_end(void);
bool blocks_known(void);
/* Is a link of that tenant and campaign to that URL switched off? Each may be empty. */
bool blocks_has(struct span tenant, struct span campaign, struct span url);
