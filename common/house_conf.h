/* house_conf.h: the settings at the top of posthouse.conf(5) and the tenant block: what more than one role needs. */
#pragma once

#include "conf.h"

extern const struct conf_setting house_settings[];
extern const struct conf_table tenant_table;

/* What the top of the file and the tenant block have in common: addresses that are such. */
void house_check(struct conf *, const struct conf_block *);

/* Something, an @, something: no more is asked of an address in the configuration. */
bool conf_is_mailbox(struct span);

/* "10%", "0.3%", "0": in thousandths of a percent. -1: no such share, or more than 100 %. */
int house_share(struct span, uint32_t *out);
