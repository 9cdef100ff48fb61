/* policy.h: who may send what to whom (DESIGN 8). Pure: facts in, a decision out; doubt is refused. */
#pragma once

#include "conf.h"
#include "gate.h"
#include "smtpd_conf.h"

struct policy;

struct tenant {
	const char *name, *stream;
	bool track_clicks, track_opens, track_text, suppress_at_rcpt;
	const struct conf_block *block;
	struct span *domains; /* sorted; may send as these */
	size_t domains_n;
	struct gate gate;
	bool ask_at_mail; /* while it is paused its mail is refused */
};

/* Lives in the configuration's strings and an arena of its own; one a process. */
struct policy *policy_new(const struct conf *);
void policy_free(struct policy *);
/* What the gate must know beside the configuration; a tenant that is none is passed over. */
void policy_signs_for(struct policy *, struct span tenant, struct span domain);
void policy_tracking_url(struct policy *, struct span tenant, struct span url);
/* Those were all. */
void policy_ready(struct policy *);

/* NULL: there is none of that name. */
const struct tenant *policy_tenant(const struct policy *, struct span name);
/* Whose client this is without a login, or NULL. A client on a Unix socket is the listener's tenant. */
const struct tenant *
policy_client(const struct policy *, const struct listener_conf *, const struct ip *);

/* May the tenant send from this address? The null sender (empty) always. */
bool policy_sender_ok(const struct tenant *, struct span address);
/* The same for the domain alone; the tenant comes as what a rule of originator.h carries. */
bool policy_may_send_as(const void *tenant, struct span domain);
/* Whether all of the domains in a From field are such; there must be one. */
bool policy_from_each(struct span value, bool (*is_such)(const void *ctx, struct span domain),
    const void *ctx, struct span *wrong);

enum rcpt_way {
	RCPT_DENIED,
	RCPT_RELAY,  /* a tenant's mail to anywhere */
	RCPT_ACCEPT, /* a domain with an accept block */
	RCPT_ROUTED, /* the same, but the local part names another host; of a stranger: refused */
	RCPT_POSTMASTER, /* postmaster or abuse of the relay itself or a bounce domain */
	RCPT_BOUNCE,     /* a bounce address: queued must say that its token is good */
	RCPT_FEEDBACK,   /* a feedback address: reports of anybody, for bouncd */
};

struct rcpt_decision {
	enum rcpt_way way;
	const struct tenant *tenant; /* of the accept block or bounce domain; NULL: none */
};

/* Where mail for RCPT_POSTMASTER goes, by its local part; empty: nowhere. */
struct span policy_postmaster(const struct policy *, struct span local);
/* Where a tenant's mail to that address goes instead (alias); empty: to that address. */
struct span policy_alias(const struct policy *, struct span local, struct span domain);
/* sender: the tenant the client may relay for, NULL for a stranger. domain is lower case, empty for <Postmaster>. */
struct rcpt_decision policy_rcpt(
    const struct policy *, const struct tenant *sender, struct span local, struct span domain);
