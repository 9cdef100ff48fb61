/* final.h: the only place that ends a recipient.
 *
 * A final event and its done record go into the journal together; when they are on disk, in this order: the event is
 * written, the worker is told it may forget the result, the delivery is ended, and with its last one the message. */
#pragma once

#include "delivery.h"

struct queued;

enum final_kind { FINAL_DELIVERED, FINAL_BOUNCED, FINAL_EXPIRED, FINAL_SUPPRESSED, FINAL_DROPPED };

/* Why it is suppressed or dropped. */
struct final_why {
	struct span reason, scope,
	    source; /* source: the event that put it onto the suppression list */
};

void final_end_for(struct queued *, struct delivery *, enum final_kind, const struct final_why *);
/* By an operator's word; with the last one its message goes to the trash. */
void final_drop(struct queued *, struct delivery *);
/* why: for suppressed and dropped, what the reason was; else empty. */
void final_end(struct queued *, struct delivery *, enum final_kind, struct span why);
