/* conf_advice.h: what a configuration allows and its operator will hardly want. The service starts all the same. */
#pragma once

#include "conf.h"

/* A line each on standard error: "file:line: advice: ...". */
void conf_advice(const struct conf *);
