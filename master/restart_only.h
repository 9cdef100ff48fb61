/* restart_only.h: settings that are taken at a start only, as their tables say (restart) and so posthouse.conf(5). */
#pragma once

#include "conf.h"

/* Complains in `next` of each that differs from the configuration in force, at its file and line, with both values.
 * What is not set counts as its default, and so does what stands in a block that is not there. */
void restart_only_check(const struct conf *in_force, struct conf *next);
