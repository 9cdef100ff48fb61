/* verdict_json.h: a verdict as JSON members, under the names that events use. */
#pragma once

#include "verdict.h"

#include <jansson.h>

/* Adds class, category, advice, status, rule, provider, confidence; what is empty is left out. */
void verdict_json(json_t *object, const struct verdict *);
/* The bytes as a JSON string; what is no UTF-8 is read as Latin-1. */
json_t *json_text(struct span);
