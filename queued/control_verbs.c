#include "control_verbs.h"
#include "control.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "explain.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "storage.h"
#include "store.h"
#include "tenants.h"
#include "verdict.h"
#include "settle.h"
#include "suppressed.h"

#include <stdlib.h>
#include <sysexits.h>

enum { LIST_MOST = 1000, WORDS_MAX = 4096 };

/* ---- which deliveries are meant ---- */

struct filter {
	struct span to, from, tenant, site, state, campaign;
	struct id lo, hi;
	bool by_id, empty;
};

static int
filter_read(struct queued *q, struct control_call *c, struct filter *f)
{
	struct span id = control_arg(c, "id");

	*f = (struct filter){ control_arg(c, "to"), control_arg(c, "from"),
		control_arg(c, "tenant"), control_arg(c, "site"), control_arg(c, "state"),
		control_arg(c, "campaign"), { { 0 } }, { { 0 } }, id.n > 0, false };
	f->empty =
	    f->to.n + f->from.n + f->tenant.n + f->site.n + f->state.n + f->campaign.n + id.n == 0;
	if (!f->by_id)
		return 0;
	if (id_prefix(id, &f->lo, &f->hi) == 0) {
		if (id_eq(f->lo, f->hi))
			storage_bring(q, f->lo); /* it may wait on disk alone */
		return 0;
	}
	control_error(c, EX_USAGE, "\"%.*s\" is no message id and no beginning of one", SPAN(id));
	return -1;
}

static bool
fits_glob(struct span glob, struct span value)
{
	return glob.n == 0 || span_glob(glob, value);
}

static bool
fits_message(const struct filter *f, const struct message *m)
{
	const struct envelope *e = m->envelope;

	if (f->by_id && (id_cmp(e->id, f->lo) < 0 || id_cmp(e->id, f->hi) > 0))
		return false;
	return fits_glob(f->tenant, e->tenant) && fits_glob(f->from, e->from) &&
	       fits_glob(f->campaign, e->campaign);
}

static bool
fits(const struct filter *f, const struct delivery *d)
{
	if (d->state == DELIVERY_ENDED)
		return false;
	return fits_glob(f->to, delivery_address(d)) &&
	       fits_glob(f->site, d->lane != NULL ? d->lane->site->name : delivery_domain(d)) &&
	       (f->state.n == 0 || span_is_nocase(f->state, delivery_state_name(d->state)));
}

typedef void on_delivery(struct queued *, struct control_call *, struct delivery *, void *acc);

/* Calls for each that fits, at most `most`; says how many that were. A delivery may end in its call: what comes next is
 * looked up before. */
static unsigned
each(struct queued *q, struct control_call *c, const struct filter *f, unsigned most,
    on_delivery *fn, void *acc)
{
	struct table_node *n = table_each(&q->messages.by_id, NULL), *next;
	unsigned found = 0;

	for (; n != NULL && found < most; n = next) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		next = table_each(&q->messages.by_id, n);
		if (!fits_message(f, m))
			continue;
		for (uint32_t i = 0; i < m->envelope->rcpts_n && found < most; i++)
			if (fits(f, &m->deliveries[i])) {
				found++;
				fn(q, c, &m->deliveries[i], acc);
			}
	}
	return found;
}

/* ---- looking ---- */

static bool
is_timed(const struct delivery *d)
{
	return d->state == DELIVERY_DEFERRED || d->state == DELIVERY_PAUSED;
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
	control_str(c, "state", delivery_state_name(d->state));
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

static void
verb_queue(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct filter f;

	if (filter_read(q, c, &f) == -1)
		return;
	each(q, c, &f, (unsigned)control_arg_num(c, "limit", LIST_MOST), delivery_row, NULL);
	control_end(c);
}

static void
verb_why(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct filter f;

	if (filter_read(q, c, &f) == -1)
		return;
	if (!f.by_id) {
		control_error(
		    c, EX_USAGE, "why needs the id of a message, or the beginning of one");
		return;
	}
	if (each(q, c, &f, LIST_MOST, delivery_row, q) == 0)
		control_error(c, 1, "no such message waits");
	else
		control_end(c);
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
			states[m->deliveries[i].state]++;
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
	control_row_end(c);
	control_end(c);
}

static void
verb_lanes(void *ctx, struct control_call *c)
{
	const struct queued *q = ctx;
	struct span site = control_arg(c, "site");

	for (struct lane *l = lanes_each(q->lanes, NULL); l != NULL; l = lanes_each(q->lanes, l)) {
		struct buf held;

		if (!fits_glob(site, l->site->name))
			continue;
		buf_init(&held, WORDS_MAX);
		explain_lane(l, &held);
		control_row(c);
		control_span(c, "site", l->site->name);
		control_span(c, "source", l->source->name);
		control_span(c, "limits", l->site->limits.block);
		control_str(c, "state", adapt_state_name(adapt_state(&l->adapt, loop_now_ms())));
		control_num(
		    c, "minute", l->minute_last > l->minute_n ? l->minute_last : l->minute_n);
		control_num(c, "share", l->adapt.share_permille);
		control_num(c, "waiting", l->draw.n);
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

/* ---- acting ---- */

struct act {
	const char *verb;
	int (*fn)(struct queued *, struct delivery *);
	unsigned done;
};

static void
act_on(struct queued *q, struct control_call *c, struct delivery *d, void *acc)
{
	struct act *a = acc;

	events_admin(q->events, a->verb, control_actor(c), d, control_arg(c, "reason"));
	a->done += a->fn(q, d) == 0;
}

/* An answer that is given once what it says is on disk. */
struct answer {
	struct control_call *call;
	unsigned done;
};

static void
on_settled(void *ctx)
{
	struct answer *a = ctx;

	control_row(a->call);
	control_num(a->call, "count", a->done);
	control_row_end(a->call);
	control_end(a->call);
	free(a);
}

static void
answer_settled(struct queued *q, struct control_call *c, unsigned done)
{
	struct answer *a = malloc(sizeof(*a));

	if (a == NULL)
		fatal("out of memory for an answer");
	*a = (struct answer){ c, done };
	store_settled(q->store, on_settled, a);
}

/* What acts refuses an empty selector, unless "all" is said; with dry_run it only shows. */
static void
acting(struct queued *q, struct control_call *c, const char *verb,
    int (*fn)(struct queued *, struct delivery *))
{
	struct act a = { .verb = verb, .fn = fn };
	struct filter f;

	if (filter_read(q, c, &f) == -1)
		return;
	if (f.empty && !control_arg_bool(c, "all")) {
		control_error(c, EX_USAGE,
		    "%s needs a message id, an address, a tenant or a site, or all", verb);
		return;
	}
	if (control_arg_bool(c, "dry_run"))
		a.done = each(q, c, &f, LIST_MOST, delivery_row, NULL);
	else
		each(q, c, &f, UINT32_MAX, act_on, &a);
	if (a.done == 0) {
		control_error(c, 1, "nothing in the queue fits");
		return;
	}
	answer_settled(q, c, a.done);
}

static void
verb_hold(void *ctx, struct control_call *c)
{
	acting(ctx, c, "hold", course_hold);
}

static void
verb_release(void *ctx, struct control_call *c)
{
	acting(ctx, c, "release", course_release);
}

static void
verb_retry(void *ctx, struct control_call *c)
{
	acting(ctx, c, "retry", course_retry);
}

static void
verb_drop(void *ctx, struct control_call *c)
{
	acting(ctx, c, "drop", course_drop);
}

/* Out of the trash, by its whole id: what is there is in no table that a selector could look at. */
static void
verb_undrop(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct span word = control_arg(c, "id");
	struct message *m;
	struct id id, last;
	struct err err;

	if (id_prefix(word, &id, &last) == -1 || !id_eq(id, last)) {
		control_error(c, EX_USAGE, "undrop needs the whole id of a message");
		return;
	}
	if (storage_bring(q, id) != NULL) {
		control_error(c, 1, "%s is in the queue, not in the trash", id_text(id).c);
		return;
	}
	if (store_undrop(q->store, id, &err) == -1) {
		control_error(c, 1, "%s", err.text);
		return;
	}
	m = storage_bring(q, id);
	if (m == NULL) {
		control_error(
		    c, EX_IOERR, "%s came out of the trash and cannot be read", id_text(id).c);
		return;
	}
	events_admin(
	    q->events, "undrop", control_actor(c), &m->deliveries[0], control_arg(c, "reason"));
	answer_settled(q, c, m->open);
}

/* A lane as configured again: suspension, cuts and back-off forgotten. */
static void
verb_lane_release(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct span site = control_arg(c, "site");
	unsigned n = 0;

	for (struct lane *l = lanes_each(q->lanes, NULL); l != NULL; l = lanes_each(q->lanes, l))
		if (site.n > 0 && span_glob(site, l->site->name)) {
			lane_release(l);
			course_lane_released(q, l);
			n++;
		}
	events_admin(q->events, "lane-release", control_actor(c), NULL, control_arg(c, "reason"));
	if (n == 0)
		control_error(c, 1, "no lane leads to \"%.*s\"", SPAN(site));
	else
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
	{ "undrop", true, verb_undrop },
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
