/* asked.h: what queued asks that can be answered at once: what a reply means, a bounce message, is this one suppressed. */
#pragma once

#include "bouncd.h"

void asked_reply(struct bouncd *, struct msg *);
void asked_confirm(struct bouncd *, struct msg *);
void asked_notice_head(struct bouncd *, struct msg *);
void asked_notice_rcpt(struct bouncd *, struct msg *);
void asked_notice(struct bouncd *, struct msg *);
/* queued went away: half a notice is forgotten. */
void asked_forget(void);

/* A complaint, an unsubscribe: puts the address on the list, as a part of this
 * turn's group (group.h): durable when that is. Without a scope nothing is done: it would hold for everybody. */
int asked_suppress(struct bouncd *, struct span scope, struct span address, enum suppression_reason,
    struct id event, struct err *err);
/* A result that came back when the delivery of message was over: counts it, and suppresses as policy.h says, the same way. */
int asked_result(struct bouncd *, struct span tenant, struct span address, const struct verdict *,
    struct id message, struct id event, struct err *err);
