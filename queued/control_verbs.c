#include "control_verbs.h"
#include "control.h"
#include "err.h"
#include "events.h"
#include "explain.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "selection.h"
#include "store.h"
#include "tenants.h"
#include "verdict.h"
#include "settle.h"
#include "suppressed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { WORDS_MAX = 4096 };

/* ---- looking ---- */

static bool
is_timed(const struct delivery *d)
{
	return delivery_shown(d) == DELIVERY_DEFERRED || d->state == DELIVERY_PAUSED;
}

static void
delivery_row(struct queued *q, struct control_call *c, struct delivery *d, void *with_why)
{
	const struct envelope *e = d->message->envelope;
	struct buf why;

	control_row(c);
	control_id(c, "message", e->id);
	control_span(c, "recipient", delivery_address(d));
	control_span(c, "from", e->from);
	control_span(c, "tenant", e->tenant);
	control_span(c, "campaign", e->campaign);
	control_span(c, "site", d->lane != NULL ? d->lane->site->name : delivery_domain(d));
	control_str(c, "state", delivery_state_name(delivery_shown(d)));
	control_num(c, "attempts", d->attempts);
	control_num(c, "size", d->message->facts.size_bytes);
	control_num(c, "received_ms", e->received_ms);
	control_num(c, "next_ms", is_timed(d) ? d->next_ms : 0);
	if (d->last != NULL) {
		control_str(c, "class", d->last->judged ? class_word(d->last->class) : "");
		control_str(c, "category", d->last->judged ? category_word(d->last->category) : "");
		control_span(c, "status", d->last->judged ? d->last->status : d->last->enhanced);
		control_num(c, "code", d->last->code);
		control_span(c, "reply", d->last->text);
		control_span(c, "server", d->last->server);
	}
	if (with_why != NULL) {
		buf_init(&why, WORDS_MAX);
		explain(q, d, &why);
		control_span(c, "why", buf_all(&why));
		buf_free(&why);
	}
	control_row_end(c);
}

void
control_delivery(struct queued *q, struct control_call *c, struct delivery *d)
{
	delivery_row(q, c, d, NULL);
}

/* With "count" one row, the first that fits, and how many there are. */
struct counting {
	struct id message;
	char from[320], recipient[320];
};

static void
count_one(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct counting *n = ctx;

	(void)q;
	(void)c;
	if (n->recipient[0] != '\0')
		return;
	n->message = d->message->envelope->id;
	snprintf(n->from, sizeof(n->from), "%.*s", SPAN(d->message->envelope->from));
	snprintf(n->recipient, sizeof(n->recipient), "%.*s", SPAN(delivery_address(d)));
}

/* The first is read back, as the example. */
static bool
count_record(struct queued *q, const struct store_wait *w, void *ctx)
{
	const struct counting *n = ctx;

	(void)q;
	(void)w;
	return n->recipient[0] != '\0';
}

static void
on_counted(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	struct counting *n = ctx;

	(void)q;
	if (found > 0) {
		control_row(c);
		control_id(c, "message", n->message);
		control_str(c, "from", n->from);
		control_str(c, "recipient", n->recipient);
		control_num(c, "count", found);
		control_row_end(c);
	}
	control_end(c);
	free(n);
}

static void
on_listed(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	(void)q;
	(void)found;
	(void)ctx;
	control_end(c);
}

/* Files that are not in the queue: those that cannot be read wherever nothing is said that needs their envelope; those in
 * corrupt/ by their state or id. */
struct aside_rows {
	struct control_call *call;
	const struct selection *selection;
	int state; /* -1: any */
	unsigned left;
};

static bool
aside_row(void *ctx, const struct store_aside *a)
{
	struct aside_rows *r = ctx;
	int state = a->unreadable ? QUEUE_UNREADABLE : QUEUE_CORRUPT;
	bool asked =
	    r->state != -1 ? r->state == state : a->unreadable || selection_is_by_id(r->selection);

	if (!asked || !selection_has(r->selection, a->id))
		return true;
	control_row(r->call);
	control_id(r->call, "message", a->id);
	control_str(r->call, "state", delivery_state_name((enum delivery_state)state));
	control_str(r->call, "reply", a->why);
	control_row_end(r->call);
	return --r->left > 0;
}

/* How many more may be listed. */
static unsigned
asides_list(struct queued *q, struct control_call *c, const struct selection *s, unsigned most)
{
	struct aside_rows r = {
		.call = c, .selection = s, .state = selection_state(s), .left = most
	};

	if (most > 0 && !selection_needs_envelope(s))
		store_asides(q->store, aside_row, &r);
	return r.left;
}

static void
count(struct selection *s, unsigned most)
{
	static const struct selection_use use = {
		.each = count_one, .done = on_counted, .record = count_record, .tells = true
	};
	struct counting *n = calloc(1, sizeof(*n));

	if (n == NULL)
		fatal("out of memory for a count");
	selection_walk(s, most, &use, n);
}

static void
verb_queue(void *ctx, struct control_call *c)
{
	static const struct selection_use use = { .each = delivery_row, .done = on_listed };
	struct selection *s = selection_new(ctx, c);
	bool counts = control_arg_bool(c, "count");
	unsigned most =
	    (unsigned)control_arg_num(c, "limit", counts ? UINT32_MAX : CONTROL_LIST_MOST);

	if (s == NULL)
		return;
	if (control_arg_bool(c, "trash") || selection_state(s) == QUEUE_DROPPED) {
		if (counts)
			control_trash_count(s);
		else
			control_trash_list(s, most);
	} else if (counts)
		count(s, most);
	else
		selection_walk(s, asides_list(ctx, c, s, most), &use, NULL);
}

static void
on_explained(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	(void)q;
	(void)ctx;
	if (found == 0)
		control_error(c, 1, "nothing like that waits");
	else
		control_end(c);
}

static void
verb_why(void *ctx, struct control_call *c)
{
	static const struct selection_use use = { .each = delivery_row, .done = on_explained };
	struct selection *s = selection_new(ctx, c);

	if (s == NULL)
		return;
	if (selection_is_empty(s)) {
		control_error(
		    c, EX_USAGE, "why needs a message id, an address, a site or a tenant");
		selection_free(s);
		return;
	}
	selection_walk(s, (unsigned)control_arg_num(c, "limit", CONTROL_LIST_MOST), &use, ctx);
}

static void
warn(struct control_call *c, const struct queued *q)
{
	struct buf words;

	buf_init(&words, WORDS_MAX);
	domains_warn(q->domains, &words);
	if (words.n > 0)
		control_span(c, "warning", buf_all(&words));
	buf_free(&words);
}

static void
verb_status(void *ctx, struct control_call *c)
{
	const struct queued *q = ctx;
	uint64_t states[DELIVERY_STATES] = { 0 };
	struct store_numbers n;

	for (struct table_node *t = table_each(&q->messages.by_id, NULL); t != NULL;
	     t = table_each(&q->messages.by_id, t)) {
		const struct message *m = TABLE_OF(t, struct message, by_id);

		for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
			states[delivery_shown(&m->deliveries[i])]++;
	}
	store_numbers(q->store, &n);
	control_row(c);
	control_num(c, "messages", q->messages.by_id.n);
	control_str(c, "spool", n.looking ? "still being read, there may be more" : "read");
	control_num(c, "deliveries", q->messages.deliveries);
	control_num(c, "lanes", lanes_n(q->lanes));
	control_num(c, "domains", domains_n(q->domains));
	control_num(c, "waiting", states[DELIVERY_LANE]);
	control_num(c, "sending", states[DELIVERY_SENDING]);
	control_num(c, "deferred", states[DELIVERY_DEFERRED]);
	control_num(c, "held", states[DELIVERY_HELD]);
	control_num(c, "paused", states[DELIVERY_PAUSED]);
	control_num(c, "tenants_paused", tenants_paused_n(q->tenants));
	if (suppressed_lost(q->suppressed) != NULL)
		control_str(c, "suppression_list", suppressed_lost(q->suppressed));
	warn(c, q);
	control_num(c, "on_disk", n.index_records);
	control_num(c, "groups", n.groups);
	control_num(c, "accepted", n.accepted);
	control_num(c, "ended", n.ended);
	control_num(c, "journal_used", n.journal_used);
	control_num(c, "journal_bytes", n.journal_bytes);
	control_num(c, "journal_damaged_segments", n.damaged_segments);
	control_num(c, "journal_lost_bytes", n.damaged_bytes);
	control_num(c, "journal_lost_records", n.damaged_records);
	control_num(c, "free_bytes", n.free_bytes);
	control_num(c, "unreadable", n.unreadable);
	control_num(c, "corrupt", n.corrupt);
	control_row_end(c);
	control_end(c);
}

/* What holds its messages now, whether configured or learned; 0: nothing does. */
static void
rate_field(struct control_call *c, const struct lane *l)
{
	uint64_t count, per_s;

	control_num(c, "rate_per_minute",
	    !lane_rate(l, &count, &per_s) ? 0
	    : count * 60 < per_s          ? 1
					  : count * 60 / per_s);
}

static void
verb_lanes(void *ctx, struct control_call *c)
{
	const struct queued *q = ctx;
	struct span site = control_arg(c, "site");

	for (struct lane *l = lanes_each(q->lanes, NULL); l != NULL; l = lanes_each(q->lanes, l)) {
		struct buf held;

		if (!site_fits(l->site, site))
			continue;
		buf_init(&held, WORDS_MAX);
		explain_lane(l, &held);
		control_row(c);
		control_span(c, "site", l->site->name);
		control_span(c, "source", l->source->name);
		control_span(c, "limits", l->site->limits->block);
		control_str(c, "state", adapt_state_name(adapt_state(&l->adapt, loop_now_ms())));
		control_num(c, "minute", minute_rate(&l->accepted, loop_now_ms()));
		rate_field(c, l);
		control_num(c, "share", l->adapt.share_permille);
		control_num(c, "waiting", l->draw.n + l->parked.n);
		control_num(c, "connections", l->sessions_n);
		control_num(c, "connections_max", lane_connections_max(l));
		control_num(c, "host_sets", l->hosts.n);
		control_num(c, "host_sets_failing", l->failing_n);
		control_num(c, "delivered", l->delivered);
		control_num(c, "deferred", l->deferred);
		control_num(c, "bounced", l->bounced);
		control_span(c, "held_by", buf_all(&held));
		control_row_end(c);
		buf_free(&held);
	}
	control_end(c);
}

static const struct control_verb verbs[] = {
	{ "status", false, verb_status },
	{ "queue", false, verb_queue },
	{ "trace", false, verb_why },
	{ "why", false, verb_why },
	{ "lanes", false, verb_lanes },
	{ "hold", true, verb_hold },
	{ "release", true, verb_release },
	{ "retry", true, verb_retry },
	{ "drop", true, verb_drop },
	{ "bounce", true, verb_bounce },
	{ "expire", true, verb_expire },
	{ "undrop", true, verb_undrop },
	{ "recover", true, verb_recover },
	{ "lane-release", true, verb_lane_release },
	{ "tenants", false, verb_tenants },
	{ "tenant-pause", true, verb_tenant_pause },
	{ "tenant-release", true, verb_tenant_release },
	{ NULL, false, NULL },
};

void
control_verbs_serve(struct queued *q)
{
	control_serve(q->role, verbs, q);
}
