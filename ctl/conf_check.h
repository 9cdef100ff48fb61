/* conf_check.h: posthouse -n, posthouse conf check. */
#pragma once

#include "ctl.h"

/* Writes what is wrong on standard error. 0: nothing; 1. */
int conf_check(struct ctl *);
