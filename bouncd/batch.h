/* batch.h: a person's way into the classifier: `bouncd --batch classify`.
 *
 * One JSON object a line on in, {"reply": "550 ...", "mx": "host"} (lines of a reply joined with \n, mx may be
 * absent); one a line on out, in that order: class, category, advice, status, rule, provider, confidence,
 * and file, line and source of the rule.
 * A line that is no such object is answered {"error": "..."}. */
#pragma once

#include "rules.h"

#include <stdio.h>

/* Exit status: 0, or 1 if in could not be read or out not written. */
int batch_classify(struct rules *, FILE *in, FILE *out);
