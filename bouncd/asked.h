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

/* A late result, a complaint, an unsubscribe: counts it, or puts the address on the list, as policy.h says, as a part of this
 * turn's group (group.h): durable when that is. Without a scope nothing is done: it would hold for everybody. */
int asked_suppress(struct bouncd *, struct span scope, struct span address, enum suppression_reason,
    struct id event, struct err *err);
/* A soft result that came back: counts it the same way. final: the delivery is over. */
int asked_soft(struct bouncd *, struct span tenant, struct span address, const struct verdict *,
    bool final, struct id event, struct err *err);
