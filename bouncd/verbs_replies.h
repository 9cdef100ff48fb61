/* verbs_replies.h: what people ask about rules and replies: bounces-unknown, bounces-unknown-forget, bounces-rules. */
#pragma once

#include "control.h"

/* ctx: struct bouncd. */
void verb_unknown(void *ctx, struct control_call *);
void verb_unknown_forget(void *ctx, struct control_call *);
void verb_rules(void *ctx, struct control_call *);
