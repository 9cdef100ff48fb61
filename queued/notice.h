/* notice.h: the bounce message (RFC 3464) for recipients that were given up: gathered by message for a moment, made by
 * bouncd, accepted like any other mail; only when it is on disk do its causes end. bouncd away: they wait. */
#pragma once

#include "delivery.h"
#include "message.h"
#include "proto_bounce.h"

struct queued;

/* Whether the sender is to be told of this one (RFC 3461 4.1; never for a null sender). */
bool notice_wanted(const struct delivery *);
/* The delivery is in NOTICE. */
void notice_add(struct queued *, struct delivery *);
/* peer_bouncd: it was made; or it is there anew and is asked again. */
void notice_made(struct queued *, const struct bounce_made *);
void notices_ask_again(struct queued *);
