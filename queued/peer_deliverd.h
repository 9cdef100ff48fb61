/* peer_deliverd.h: the deliverd workers: what is fed to them, what they report, what they may forget.
 *
 * A result's number is acknowledged when what it led to is durable (worker_settled); gaps hold it back (acks.h). */
#pragma once

#include "acks.h"
#include "content.h"
#include "session.h"

struct queued;
struct peer_deliverd;

struct worker {
	struct peer_deliverd *home;
	struct chan *chan; /* NULL: away */
	unsigned instance;
	uint64_t life; /* counts the processes that were this worker */
	bool synced;
	bool draining; /* leaves: nothing new goes there */
	bool ack_due;  /* in the list of this turn */
	TAILQ_ENTRY(worker) ack_link;
	struct acks acks;
};

struct peer_deliverd *peer_deliverd_new(struct queued *);
/* The worker for a host, the same one as long as it is there; NULL: none is, or it reads nothing now. */
struct worker *worker_for(struct peer_deliverd *, struct span host);
struct queued *worker_queued(const struct worker *);
bool worker_full(const struct worker *);

void worker_open(struct worker *, const struct session *);
void worker_close(struct worker *, uint32_t session, enum deliver_haste);
/* Feeds the transaction with these bytes; takes over the content's descriptor. from: the MAIL FROM address.
 * -1: it is longer than any record may be. */
int worker_transact(
    struct worker *, const struct transaction *, const struct content *, struct span from);
/* What the delivery's last result led to is durable, or nothing has to be. */
void worker_settled(struct delivery *);
