/* conf_amount.h: numbers with units, from text and back. Pure.
 *
 * Durations are seconds (1h30m, units only ever smaller), sizes bytes, rates a count and the seconds it is for. */
#pragma once

#include "buf.h"
#include "conf.h"

/* Whether min and max of a setting of that type mean something; these are the types below. */
bool conf_type_ranged(enum conf_type);
/* per_s is written for CONF_RATE alone. -1: no such amount, or one too large to keep. */
int conf_amount_parse(enum conf_type, struct span, uint64_t *n, uint64_t *per_s);
/* Canonical: 90 seconds are 1m30s, 2097152 bytes 2M. */
void conf_print_amount(struct buf *, enum conf_type, uint64_t n, uint64_t per_s);
/* "10s to 1h", "at least 5", "at most 2G"; nothing without limits. */
void conf_print_range(struct buf *, const struct conf_setting *);
