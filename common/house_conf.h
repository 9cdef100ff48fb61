/* house_conf.h: the settings at the top of posthouse.conf(5) and the tenant block: what more than one role needs. */
#pragma once

#include "conf.h"

extern const struct conf_setting house_settings[];
extern const struct conf_table tenant_table;

/* The top of the file, and what one tenant says of another: addresses that are such, mail that comes to an end. */
void house_check(struct conf *, const struct conf_block *);
/* What several tenants have between them: a domain is one tenant's, and no network lets everybody in. */
void house_tenants_check(struct conf *, const struct conf_block *top);
/* A setting that names a block of that kind at the top: if there is none, that is told, with those there are. */
void
house_named_check(struct conf *, const struct conf_block *, const char *setting, const char *kind);
/* Clients that need no login. */
void house_allow_check(struct conf *, const struct conf_block *);
/* The feedback addresses of the top or of a tenant. */
void house_feedback_check(struct conf *, const struct conf_block *);

/* The i-th word of `alias` at the top, if it is a name: *address is where its mail goes. False: it is an address. */
bool house_alias(const struct conf_block *top, size_t i, struct span *name, struct span *address);
/* A domain of which `alias` speaks: hostname or origin. */
bool house_alias_domain(const struct conf_block *top, struct span domain);

/* Something, an @, something: no more is asked of an address in the configuration. */
bool conf_is_mailbox(struct span);

/* Which mail of a tenant gets a List-Unsubscribe, which is each recipient's own. */
enum unsubscribe_links { UNSUBSCRIBE_NEVER, UNSUBSCRIBE_CAMPAIGNS, UNSUBSCRIBE_ALWAYS };
enum unsubscribe_links unsubscribe_links(const struct conf_block *tenant);
bool unsubscribe_is_wanted(enum unsubscribe_links, struct span campaign);

/* Does who unsubscribes from that campaign's mail end that alone, rather than all mail of the tenant? NULL: no tenant we know. */
bool unsubscribe_ends_campaign(const struct conf_block *tenant, struct span campaign);

/* "10%", "0.3%", "0": in thousandths of a percent. -1: no such share, or more than 100 %. */
int house_share(struct span, uint32_t *out);
