/* notice.h: what we tell a sender (RFC 3464): recipients that were given up, that wait long, that were passed on to a
 * server without DSN. Gathered for a moment (a digest: for the tenant's notify-digest), made by bouncd, accepted like any
 * other mail; only when it is on disk do the deliveries in NOTICE end. bouncd away: they wait. */
#pragma once

#include "delivery.h"
#include "message.h"
#include "proto_bounce.h"

struct queued;

/* Whether the sender is to be told that, by NOTIFY (RFC 3461 4.1; none given: FAILURE and DELAY) and tenant; never for a null
 * sender, a bounce message or one of our own bounce addresses. Counts one for mail from outside, whose bounces are few
 * (outside-bounce-rate). */
bool notice_wanted(const struct queued *, const struct delivery *, enum notify);
/* The delivery is in NOTICE: given up, or delivered to a server that tells nobody. */
void notice_failed(struct queued *, struct delivery *);
void notice_relayed(struct queued *, struct delivery *);
/* It goes on waiting; nothing is kept of it but copies. */
void notice_delayed(struct queued *, struct delivery *);
/* Whether failures of this delivery's tenant wait for others, so that it must be kept on disk as given up. */
bool notice_is_slow(const struct delivery *);
/* peer_bouncd: it was made; or it is there anew and is asked again. */
void notice_made(struct queued *, const struct bounce_made *);
void notices_ask_again(struct queued *);
/* It reads again: those that it was not asked for meanwhile. */
void notices_go_on(struct queued *);
