/* tenants.h: how each tenant's mail fares, and which of them are paused: by themselves, since their share of bounces or
 * complaints passed a limit, or by an operator. Only an operator releases; that begins the counts anew.
 *
 * Kept in a note beside the queue (store_note()): written at once when a tenant is paused or released, else every few seconds,
 * so that a crash costs some counts and never a pause. Tenants that the configuration does not name are not counted. */
#pragma once

#include "health.h"
#include "span.h"

struct queued;
struct tenants;

enum tenant_state { TENANT_GOOD, TENANT_PAUSED, TENANT_PAUSED_BY_OPERATOR };

struct standing {
	struct span name;
	enum tenant_state state;
	uint64_t since_ms;           /* paused since, since 1970 */
	const char *why;             /* in words for people; "" while it is good */
	struct health_counts counts; /* of the last day */
};

struct tenants *tenants_new(struct queued *);
/* Before anything sets out: reads the note. */
void tenants_load(struct tenants *);
/* After the store's threads run. */
void tenants_start(struct tenants *);
void tenants_count(struct tenants *, struct span tenant, enum health_kind);

/* Why that tenant's mail waits; NULL: it goes. */
const char *tenants_paused(const struct tenants *, struct span tenant);
/* While it is paused: why new mail of it is refused; NULL: it is taken. */
const char *tenants_refused(const struct tenants *, struct span tenant);

/* By an operator; done() when it is on disk. -1: it is so already, or there is no such tenant. */
int tenants_pause(
    struct tenants *, struct span tenant, struct span reason, void (*done)(void *, bool), void *);
int tenants_release(
    struct tenants *, struct span tenant, struct span reason, void (*done)(void *, bool), void *);

/* Every tenant of the configuration. */
void
tenants_each(const struct tenants *, void (*each)(void *ctx, const struct standing *), void *ctx);
unsigned tenants_paused_n(const struct tenants *);
const char *tenant_state_name(enum tenant_state);
