/* proto_web.h: all that trackd-web and bouncd ever say: who asked out, and which links are switched off.
 *
 * bouncd owns both lists. It tells the blocks when web connects (one WEB_BLOCK each, then WEB_BLOCKS_END) and each change
 * as it happens. */
#pragma once

#include "id.h"
#include "msg.h"

enum web_type {
	WEB_UNSUBSCRIBE = 1, /* web */
	WEB_STORED,          /* bouncd: it is durable, or was not */
	WEB_BLOCK,           /* bouncd: one block more or less */
	WEB_BLOCKS_END,      /* bouncd: those were all */
};

struct web_unsubscribe {
	uint64_t job;
	struct span tenant;
	struct span list; /* empty: from all of the tenant's mail */
	struct span address;
	struct id message;
	uint32_t index;
	bool one_click; /* RFC 8058 */
	struct span client, agent;
	struct span machine, reason; /* of the visit, as events say it */
};

struct web_stored {
	uint64_t job;
	bool ok;
};

enum web_block_kind {
	WEB_BLOCK_TARGET, /* value: a host, with all below it, or a URL and all that begin with it */
	WEB_BLOCK_CAMPAIGN, /* value: "tenant/campaign" */
	WEB_BLOCK_TENANT,
};

struct web_block {
	enum web_block_kind kind;
	struct span value;
	bool blocked; /* false: no longer */
};

/* Get leaves spans in the packet; -1: nonsense. */
void web_unsubscribe_put(struct chan *, const struct web_unsubscribe *);
int web_unsubscribe_get(struct msg *, struct web_unsubscribe *);
void web_stored_put(struct chan *, const struct web_stored *);
int web_stored_get(struct msg *, struct web_stored *);
void web_block_put(struct chan *, const struct web_block *);
int web_block_get(struct msg *, struct web_block *);
void web_blocks_end_put(struct chan *);
