/* message.h: a message in memory: its envelope, where its bytes are, and one delivery a recipient.
 *
 * It stands in the table from the moment it is on disk until its last recipient ended, or until all that is open waits so
 * long that the index keeps it (message_forget). */
#pragma once

#include "delivery.h"
#include "queued_conf.h"
#include "table.h"

struct message {
	struct table_node by_id;
	struct arena *arena; /* all below lives here */
	const struct envelope *envelope;
	struct facts facts;
	struct span bytes; /* of its own memory, not the arena's; empty: the store has them */
	const struct tenant *tenant;
	const struct stream *stream;
	struct delivery *deliveries;  /* one for each recipient of the envelope */
	uint32_t open;                /* not ended */
	uint32_t in[DELIVERY_STATES]; /* deliveries in each state: a message may have very many */
	uint32_t unreached;           /* of those in LANE: they were told so */
	uint8_t rewriter_deaths;      /* that it was there for (peer_rewrite.c) */
	bool held;
	bool filed; /* has its file: bytes need not stay in memory */
};

struct messages {
	struct table by_id;
	uint64_t deliveries; /* in memory and not ended */
};

static inline struct message *
message_find(const struct messages *ms, struct id id)
{
	for (struct table_node *n = table_first(&ms->by_id, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		if (id_eq(m->envelope->id, id))
			return m;
	}
	return NULL;
}

/* Copies the envelope (and the bytes, if there are any) into an arena of its own. Recipients whose mark is not open are
 * ended from the beginning. */
struct message *message_new(struct messages *, const struct queued_conf *, const struct envelope *,
    const struct facts *, struct span bytes);
/* The store has them too: they are read from there when they are wanted. */
void message_drop_bytes(struct message *);
void message_free(struct messages *, struct message *);
/* The configuration changed: tenant and stream are looked up anew. */
void messages_conf(struct messages *, const struct queued_conf *);
