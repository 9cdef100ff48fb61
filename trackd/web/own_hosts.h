/* own_hosts.h: at which hosts the links of which tenants are answered.
 *
 * A host that stands in a tracking address belongs to the tenants whose it is: links of others are none there, so that
 * nobody lends a brand to a stranger. At any other name, as a proxy may pass on, all are answered. */
#pragma once

#include "conf.h"

void own_hosts_make(const struct conf *, struct arena *);
/* host: without port; tenant: its name as configured. */
bool own_hosts_answer(struct span host, const char *tenant);
