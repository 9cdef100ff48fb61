/* control_verbs.h: what people may ask of the queue and do to it, over its control sockets (common/control.h). */
#pragma once

struct queued;
struct control_call;

void control_verbs_serve(struct queued *);

struct delivery;
struct selection;
enum { CONTROL_LIST_MOST = 1000 };
/* A row of the answer. */
void control_delivery(struct queued *, struct control_call *, struct delivery *);

/* control_acts.c; ctx is struct queued. */
void verb_hold(void *ctx, struct control_call *);
void verb_release(void *ctx, struct control_call *);
void verb_retry(void *ctx, struct control_call *);
void verb_drop(void *ctx, struct control_call *);
void verb_bounce(void *ctx, struct control_call *);
void verb_expire(void *ctx, struct control_call *);
void verb_recover(void *ctx, struct control_call *);
void verb_lane_release(void *ctx, struct control_call *);

/* control_trash.c; ctx is struct queued. */
void verb_undrop(void *ctx, struct control_call *);
/* What was dropped, in the place of the queue: rows, or with "count" one. Takes the selection over. */
void control_trash_list(struct selection *, unsigned most);
void control_trash_count(struct selection *);

/* control_tenants.c; ctx is struct queued. */
void verb_tenants(void *ctx, struct control_call *);
void verb_tenant_pause(void *ctx, struct control_call *);
void verb_tenant_release(void *ctx, struct control_call *);
