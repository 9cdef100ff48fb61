/* house_conf.h: the settings at the top of posthouse.conf(5) and the tenant block: what more than one role needs. */
#pragma once

#include "conf.h"

extern const struct conf_setting house_settings[];
extern const struct conf_table tenant_table;

/* Something, an @, something: no more is asked of an address in the configuration. */
bool conf_is_mailbox(struct span);
