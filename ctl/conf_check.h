/* conf_check.h: posthouse -n, posthouse conf check. */
#pragma once

#include "ctl.h"

/* Writes what is wrong on standard error. 0: nothing; 78 (EX_CONFIG). */
int conf_check(struct ctl *);
