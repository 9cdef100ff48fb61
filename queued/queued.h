/* queued.h: the parts of this process, so that each finds the others. What is inside a part is its own business. */
#pragma once

#include "message.h"
#include "queued_conf.h"
#include "schedule.h"

struct role;
struct store;

struct queued {
	struct role *role;
	struct queued_conf *conf;
	struct store *store;
	struct schedule schedule;
	struct messages messages;
	struct domains *domains;
	struct sites *sites;
	struct lanes *lanes;
	struct pool *pool;
	struct events *events;
	struct suppressed *suppressed;
	struct tenants *tenants;
	struct peer_smtpd *smtpd;
	struct peer_deliverd *deliverd;
	struct peer_resolve *resolve;
	struct peer_rewrite *rewrite;
	struct peer_bouncd *bouncd;
	uint64_t jobs; /* numbers of questions, counted up */
	bool stopping;
};
