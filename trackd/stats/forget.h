/* forget.h: {"verb":"forget","address":A}: a person's rows leave the index of deliveries. */
#pragma once

#include "control.h"

/* Answers {"entries":N}; a bucket a turn, so that nothing else waits for long. */
void forget_verb(void *ctx, struct control_call *);
