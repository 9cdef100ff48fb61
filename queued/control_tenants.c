/* The tenants, as operators see and move them. */
#include "control.h"
#include "control_verbs.h"
#include "err.h"
#include "events.h"
#include "queued.h"
#include "tenants.h"

#include <stdio.h>
#include <sysexits.h>

static void
share_put(struct control_call *c, const char *key, uint32_t share)
{
	char text[24];

	snprintf(text, sizeof(text), "%u.%03u", share / 1000, share % 1000);
	control_str(c, key, text);
}

static void
tenant_row(void *ctx, const struct standing *s)
{
	struct control_call *c = ctx;

	control_row(c);
	control_span(c, "tenant", s->name);
	control_str(c, "state", tenant_state_name(s->state));
	control_num(c, "delivered", s->counts.of[HEALTH_DELIVERED]);
	control_num(c, "bounced", s->counts.of[HEALTH_BOUNCED]);
	control_num(c, "bounced_late", s->counts.of[HEALTH_BOUNCED_LATE]);
	control_num(c, "complaints", s->counts.of[HEALTH_COMPLAINT]);
	share_put(c, "bounce_percent", health_bounce_share(&s->counts));
	share_put(c, "complaint_percent", health_complaint_share(&s->counts));
	control_num(c, "since_ms", s->since_ms);
	control_str(c, "why", s->why);
	control_row_end(c);
}

void
verb_tenants(void *ctx, struct control_call *c)
{
	const struct queued *q = ctx;

	tenants_each(q->tenants, tenant_row, c);
	control_end(c);
}

static void
on_kept(void *ctx, bool stands)
{
	struct control_call *c = ctx;

	if (stands)
		control_end(c);
	else
		control_error(c, EX_IOERR, "done, but it could not be written to the disk");
}

typedef int
act(struct tenants *, struct span, struct span reason, void (*)(void *, bool), void *ctx);

static void
act_on(struct queued *q, struct control_call *c, const char *verb, act *fn, const char *cannot)
{
	struct span name = control_arg(c, "tenant"), reason = control_arg(c, "reason");

	if (name.n == 0) {
		control_error(c, EX_USAGE, "%s needs a tenant's name", verb);
		return;
	}
	if (fn(q->tenants, name, reason, on_kept, c) == -1) {
		control_error(c, 1, "\"%.*s\" %s", SPAN(name), cannot);
		return;
	}
	events_admin(q->events, verb, control_actor(c), NULL, reason);
}

void
verb_tenant_pause(void *ctx, struct control_call *c)
{
	act_on(ctx, c, "tenant-pause", tenants_pause, "is no tenant, or is paused already");
}

void
verb_tenant_release(void *ctx, struct control_call *c)
{
	act_on(
	    ctx, c, "tenant-release", tenants_release, "is neither paused nor suspended anywhere");
}
