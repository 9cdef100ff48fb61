/* transcript.h: SMTP dialogues that reports hold: who was refused, with what reply. Pure.
 *
 * ">>> RCPT TO:<a@b>" "<<< 550 no", "--> RCPT ..." "<-- 550 ...", "In: ..." "Out: ...", "Command: ..." "Response: ...", with
 * or without a time before them. A refused RCPT fails its address, a refused DATA those that were accepted. */
#pragma once

#include "came_back.h"

/* Hands each refused recipient and the reply to take, in order. Returns how many. */
typedef void transcript_take(void *ctx, struct span address, struct span reply);
unsigned transcript_read(struct span text, transcript_take *, void *ctx);
