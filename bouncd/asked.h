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

/* Puts an address on the list for a hard result, where the configuration says so; durable when it returns 0. */
int asked_suppress(struct bouncd *, struct span tenant, struct span address,
    enum suppression_reason, struct id event, struct err *);
