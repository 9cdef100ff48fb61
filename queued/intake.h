/* intake.h: a message comes in: to the store, and when it is on disk, on its way.
 *
 * The answer comes through done, once, with code 0 when the message is durable; else an SMTP reply with the enhanced code
 * in front of the text. */
#pragma once

#include "envelope.h"

struct queued;

typedef void intake_done(void *ctx, struct id, uint16_t code, struct span text);

/* A small message as bytes. */
void intake_bytes(struct queued *, const struct envelope *, const struct facts *, struct span bytes,
    intake_done *, void *ctx);
/* A draft that the peer has filled. The store reads it itself and believes only that. Another peer's draft is not its to
 * name. */
void intake_draft(struct queued *, struct chan *peer, const struct envelope *, const struct facts *,
    uint32_t draft, intake_done *, void *ctx);
/* Drafts for a peer: one more is opened and sent to it; one will not be filled; the peer is gone with all it had. */
void intake_new_draft(struct queued *, struct chan *peer);
void intake_drop_draft(struct queued *, struct chan *peer, uint32_t draft);
void intake_peer_gone(struct queued *, struct chan *peer);
/* The same with a draft that we opened and filled ourselves. */
void intake_own_draft(struct queued *, const struct envelope *, const struct facts *,
    uint32_t draft, intake_done *, void *ctx);
/* A message of our own (a bounce message): its facts are found here. */
void
intake_own(struct queued *, const struct envelope *, struct span bytes, intake_done *, void *ctx);
