/* peer_bouncd.h: what queued asks bouncd: what a reply means, whether an address is suppressed, bounce messages, and what to
 * do with mail that came back. A reply without a verdict in 5 s is judged by nobody, and so deferred. */
#pragma once

#include "delivery.h"

struct queued;
struct peer_bouncd;
struct chan;

struct peer_bouncd *peer_bouncd_new(struct queued *);
void peer_bouncd_reply(struct peer_bouncd *, struct delivery *);    /* VERDICT */
void peer_bouncd_confirm(struct peer_bouncd *, struct delivery *);  /* CONFIRM */
void peer_bouncd_returned(struct peer_bouncd *, struct delivery *); /* RETURNED */
struct chan *peer_bouncd_chan(struct peer_bouncd *);                /* NULL: away */
