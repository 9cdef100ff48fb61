/* proto_web.h: all that trackd-web and bouncd ever say: who asked out, and which links are switched off.
 *
 * bouncd owns both lists. It tells the blocks when web connects (one WEB_BLOCK each, then WEB_BLOCKS_END) and each change
 * as it happens. */
#pragma once

#include "id.h"
#include "msg.h"

enum {
	WEB_BLOCKS_MAX = 10000,
	WEB_BLOCK_VALUE_MAX = 480, /* bytes */
};

enum web_type {
	WEB_UNSUBSCRIBE = 1, /* web */
	WEB_STORED,          /* bouncd: it is durable, or was not */
	WEB_BLOCK,           /* bouncd: one block more or less */
	WEB_BLOCKS_END,      /* bouncd: those were all */
};

struct web_unsubscribe {
	uint64_t job;
	struct span tenant;
	struct span
	    campaign; /* of the message; the tenant's settings say whether it ends all mail or that one's */
	struct span address;
	struct id message;
	uint32_t index;
	bool one_click; /* RFC 8058 */
	struct span client, agent;
};

struct web_stored {
	uint64_t job;
	bool ok;
};

enum web_block_kind {
	WEB_BLOCK_TARGET, /* value: a host as url_place.h writes it, with all below it; behind it what paths begin with */
	WEB_BLOCK_CAMPAIGN, /* value: "tenant/campaign" */
	WEB_BLOCK_TENANT,
	WEB_BLOCK_KINDS
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
