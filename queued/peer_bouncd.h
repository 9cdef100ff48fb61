/* peer_bouncd.h: what queued asks bouncd: what a reply means, whether an address is suppressed, bounce messages, and what to
 * do with mail that came back. A reply without a verdict in 5 s is judged by nobody, and so deferred. */
#pragma once

#include "delivery.h"

struct queued;
struct peer_bouncd;
struct chan;

/* Whatever is out about it: its answer is nobody's any more. */
void peer_bouncd_forget(struct peer_bouncd *, struct delivery *);

struct peer_bouncd *peer_bouncd_new(struct queued *);
void peer_bouncd_reply(struct peer_bouncd *, struct delivery *);   /* VERDICT */
void peer_bouncd_confirm(struct peer_bouncd *, struct delivery *); /* CONFIRM */
/* Is this one suppressed for the tenant? Asked at RCPT, before there is a message: then() is called once, at once where bouncd
 * is away or later; who cannot be asked about is not suppressed, he is looked up again when the delivery is due. */
void peer_bouncd_suppressed(struct peer_bouncd *, struct span tenant, struct span address,
    void (*then)(void *ctx, bool suppressed, struct span reason), void *ctx);
void peer_bouncd_returned(struct peer_bouncd *, struct delivery *); /* RETURNED */
struct chan *peer_bouncd_chan(struct peer_bouncd *); /* NULL: away, or it does not read now */
