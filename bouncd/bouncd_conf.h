/* bouncd_conf.h: the tables of etc/bounces.conf (posthouse-bounces(5)) for the configuration reader. */
#pragma once

#include "conf.h"

extern const struct conf_table bounces_conf; /* the top of the file: provider and rule blocks */
extern const struct conf_table bouncd_table; /* its part of posthouse.conf(5): bounces, tenants */
