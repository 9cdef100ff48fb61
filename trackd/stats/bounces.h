/* bounces.h: posthouse bounces --by: what became of mail, by day and name, with shares. */
#pragma once

#include "control.h"

void bounces_verb(void *ctx, struct control_call *);
