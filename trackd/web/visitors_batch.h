/* visitors_batch.h: trackd-web --visitors: judges a trace of visits, to try rules. */
#pragma once

#include <stdio.h>

/* Each line of in is a visit (trackd(8) says its keys), each line of out its judgement, after all that later visits
 * showed. rules: a file; NULL: the shipped ones. The exit code. */
int visitors_batch(const char *rules, FILE *in, FILE *out);
