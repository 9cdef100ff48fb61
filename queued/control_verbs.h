/* control_verbs.h: what people may ask of the queue and do to it, over its control sockets (common/control.h). */
#pragma once

struct queued;
struct control_call;

void control_verbs_serve(struct queued *);

/* control_tenants.c; ctx is struct queued. */
void verb_tenants(void *ctx, struct control_call *);
void verb_tenant_pause(void *ctx, struct control_call *);
void verb_tenant_release(void *ctx, struct control_call *);
