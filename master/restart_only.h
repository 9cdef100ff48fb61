/* restart_only.h: settings that are taken at a start only, as posthouse.conf(5) says of each. */
#pragma once

#include "conf.h"

/* -1: one of them differs between the configuration in force and the next; err names it, its place and both values. */
int restart_only_same(const struct conf *in_force, const struct conf *next, struct err *);
