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
#include "selection.h"
#include "storage.h"
#include "store.h"
#include "tenants.h"
#include "verdict.h"
#include "settle.h"
#include "suppressed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { LIST_MOST = 1000, WORDS_MAX = 4096 };

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
	struct span state;
	unsigned left;
};

static bool
aside_row(void *ctx, const struct store_aside *a)
{
	struct aside_rows *r = ctx;
	const char *state = a->unreadable ? "unreadable" : "corrupt";
	bool asked = r->state.n > 0 ? span_is_nocase(r->state, state)
				    : a->unreadable || selection_is_by_id(r->selection);

	if (!asked || !selection_has(r->selection, a->id))
		return true;
	control_row(r->call);
	control_id(r->call, "message", a->id);
	control_str(r->call, "state", state);
	control_str(r->call, "reply", a->why);
	control_row_end(r->call);
	return --r->left > 0;
}

/* How many more may be listed. */
static unsigned
asides_list(struct queued *q, struct control_call *c, const struct selection *s, unsigned most)
{
	struct aside_rows r = {
		.call = c, .selection = s, .state = control_arg(c, "state"), .left = most
	};

	if (most > 0 && !selection_needs_envelope(s))
		store_asides(q->store, aside_row, &r);
	return r.left;
}

static void
count(struct selection *s, unsigned most)
{
	struct counting *n = calloc(1, sizeof(*n));

	if (n == NULL)
		fatal("out of memory for a count");
	selection_walk(s, most, count_one, on_counted, n);
}

static void
verb_queue(void *ctx, struct control_call *c)
{
	struct selection *s = selection_new(ctx, c);
	unsigned most = (unsigned)control_arg_num(c, "limit", LIST_MOST);

	if (s == NULL)
		return;
	if (control_arg_bool(c, "count"))
		count(s, most);
	else
		selection_walk(s, asides_list(ctx, c, s, most), delivery_row, on_listed, NULL);
}

static void
on_explained(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	(void)q;
	(void)ctx;
	if (found == 0)
		control_error(c, 1, "no such message waits");
	else
		control_end(c);
}

static void
verb_why(void *ctx, struct control_call *c)
{
	struct selection *s = selection_new(ctx, c);

	if (s == NULL)
		return;
	if (!selection_is_by_id(s)) {
		control_error(
		    c, EX_USAGE, "why needs the id of a message, or the beginning of one");
		selection_free(s);
		return;
	}
	selection_walk(s, LIST_MOST, delivery_row, on_explained, ctx);
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

static bool
site_fits(struct span glob, const struct lane *l)
{
	return glob.n == 0 || span_glob(glob, l->site->name);
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

		if (!site_fits(site, l))
			continue;
		buf_init(&held, WORDS_MAX);
		explain_lane(l, &held);
		control_row(c);
		control_span(c, "site", l->site->name);
		control_span(c, "source", l->source->name);
		control_span(c, "limits", l->site->limits.block);
		control_str(c, "state", adapt_state_name(adapt_state(&l->adapt, loop_now_ms())));
		control_num(c, "minute", minute_rate(&l->accepted, loop_now_ms()));
		rate_field(c, l);
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

static void
act_on(struct queued *q, struct control_call *c, struct delivery *d, void *ctx)
{
	struct act *a = ctx;

	events_admin(q->events, a->verb, control_actor(c), d, control_arg(c, "reason"));
	a->done += a->fn(q, d) == 0;
}

static void
answer_done(struct queued *q, struct control_call *c, unsigned done)
{
	if (done == 0)
		control_error(c, 1, "nothing in the queue fits");
	else
		answer_settled(q, c, done);
}

static void
on_acted(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	struct act *a = ctx;

	(void)found;
	answer_done(q, c, a->done);
	free(a);
}

static void
on_shown(struct queued *q, struct control_call *c, unsigned found, void *ctx)
{
	(void)ctx;
	answer_done(q, c, found);
}

static void
act(struct selection *s, const char *verb, int (*fn)(struct queued *, struct delivery *))
{
	struct act *a = malloc(sizeof(*a));

	if (a == NULL)
		fatal("out of memory for a command");
	*a = (struct act){ .verb = verb, .fn = fn };
	selection_walk(s, UINT32_MAX, act_on, on_acted, a);
}

/* What acts refuses an empty selector, unless "all" is said; with dry_run it only shows. */
static void
acting(struct queued *q, struct control_call *c, const char *verb,
    int (*fn)(struct queued *, struct delivery *))
{
	struct selection *s = selection_new(q, c);

	if (s == NULL)
		return;
	if (selection_is_empty(s) && !control_arg_bool(c, "all")) {
		control_error(c, EX_USAGE,
		    "%s needs a message id, an address, a tenant or a site, or all", verb);
		selection_free(s);
	} else if (control_arg_bool(c, "dry_run"))
		selection_walk(s, LIST_MOST, delivery_row, on_shown, NULL);
	else
		act(s, verb, fn);
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
	struct queued *q = ctx;

	if (events_behind(q->events))
		control_error(c, EX_TEMPFAIL,
		    "the event file cannot be written: what ends now could not be told");
	else
		acting(ctx, c, "drop", course_drop);
}

static int
whole_id(struct control_call *c, const char *verb, struct id *id)
{
	struct id last;

	if (id_prefix(control_arg(c, "id"), id, &last) == 0 && id_eq(*id, last))
		return 0;
	control_error(c, EX_USAGE, "%s needs the whole id of a message", verb);
	return -1;
}

/* Back from corrupt/, or once more what could not be read. */
static void
verb_recover(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct message *m;
	struct err err;
	struct id id;

	if (whole_id(c, "recover", &id) == -1)
		return;
	if (message_find(&q->messages, id) != NULL) {
		control_error(c, 1, "%s is in the queue", id_text(id).c);
		return;
	}
	if (store_recover(q->store, id, &err) == -1) {
		control_error(c, 1, "%s: %s", id_text(id).c, err.text);
		return;
	}
	m = storage_bring(q, id);
	if (m == NULL) {
		control_error(c, EX_IOERR, "%s cannot be read", id_text(id).c);
		return;
	}
	events_admin(
	    q->events, "recover", control_actor(c), &m->deliveries[0], control_arg(c, "reason"));
	answer_settled(q, c, m->open);
}

/* Out of the trash, by its whole id: what is there is in no table that a selector could look at. */
static void
verb_undrop(void *ctx, struct control_call *c)
{
	struct queued *q = ctx;
	struct message *m;
	struct err err;
	struct id id;

	if (whole_id(c, "undrop", &id) == -1)
		return;
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
