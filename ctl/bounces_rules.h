/* bounces_rules.h: `posthouse bounces unknown` and `posthouse bounces rules`: what bouncd knows of replies. */
#pragma once

#include "verb.h"

/* argv[0]: the word behind `bounces`. The exit code; -1: it is neither of the two, nothing was done. */
int bounces_rules(struct ctl *, int argc, char **argv);
