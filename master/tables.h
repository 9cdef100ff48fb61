/* tables.h: every block there is, gathered from the folders of the daemons, with who is handed what. */
#pragma once

#include "conf.h"

/* The whole configuration's table. Built once; the same pointer at each call. */
const struct conf_table *house_table(void);
