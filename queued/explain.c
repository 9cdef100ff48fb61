#include "explain.h"
#include "aside.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "pool.h"
#include "queued.h"
#include "tenants.h"
#include "verdict.h"
#include "settle.h"
#include "suppressed.h"

static void
place(const struct limit *l, struct buf *out)
{
	if (l->file != NULL)
		buf_printf(out, " (%s:%u)", l->file, l->line);
	else
		buf_str(out, " (built in)");
}

/* What is left of it, if replies cut it. */
static void
cut(const struct lane *l, struct buf *out)
{
	if (l->adapt.share_permille < 1000)
		buf_printf(
		    out, ", cut to %u%% by \"%s\"", l->adapt.share_permille / 10, l->adapt.reason);
}

static void
limit(const struct lane *l, enum limit_kind k, uint64_t now_in_force, struct buf *out)
{
	const struct limit *is = &l->site->limits->of[k];

	buf_printf(out, "%s %llu", limit_name(k), (unsigned long long)now_in_force);
	if (is->per_s > 0)
		buf_printf(out, "/%llus", (unsigned long long)is->per_s);
	if (now_in_force != is->value)
		buf_printf(out, " of %llu", (unsigned long long)is->value);
	place(is, out);
}

/* The rate that applies: of the configured one, or learned. */
static void
message_rate(const struct lane *l, struct buf *out)
{
	uint64_t count = 0, per_s = 60;

	(void)lane_rate(l, &count, &per_s);
	if (l->site->limits->of[LIMIT_MESSAGE_RATE].value != 0)
		limit(l, LIMIT_MESSAGE_RATE, count, out);
	else
		buf_printf(out, "%s %llu/%llus, of what it carried", limit_name(LIMIT_MESSAGE_RATE),
		    (unsigned long long)count, (unsigned long long)per_s);
	cut(l, out);
}

static void
waiting_for(const struct lane *l, struct buf *out)
{
	switch (l->wait) {
	case LANE_CONNECTIONS:
		limit(l, LIMIT_CONNECTIONS, lane_connections_max(l), out);
		cut(l, out);
		break;
	case LANE_CONNECTION_RATE:
		limit(l, LIMIT_CONNECTION_RATE, l->site->limits->of[LIMIT_CONNECTION_RATE].value,
		    out);
		break;
	case LANE_MESSAGE_RATE:
		message_rate(l, out);
		break;
	case LANE_SUSPENDED:
		buf_printf(out, "suspended for %llu s by \"%s\"",
		    (unsigned long long)loop_seconds_until(l->adapt.until_ms), l->adapt.reason);
		break;
	case LANE_REFUSED:
		buf_printf(out, "connections are refused (%s), next try in %llu s", l->refusal,
		    (unsigned long long)loop_seconds_until(l->refused_ms));
		break;
	default:
		buf_str(out, lane_wait_name(l->wait));
		if (l->adapt.share_permille < 1000)
			buf_printf(out, ", slowed to %u%% by \"%s\"", l->adapt.share_permille / 10,
			    l->adapt.reason);
	}
}

/* What is said of a lane on top: tenants that go nowhere there. */
static void
suspended(const struct lane *l, struct buf *out)
{
	for (const struct ban *b = bans_each(&l->bans, NULL); b != NULL; b = bans_each(&l->bans, b))
		if (b->until_ms > loop_now_ms())
			buf_printf(out, "; tenant %.*s is suspended for %llu s by \"%s\"",
			    SPAN(b->tenant), (unsigned long long)loop_seconds_until(b->until_ms),
			    b->reason);
}

/* Connections that had done work; the mail went on over others. */
static void
dismissed(const struct lane *l, struct buf *out)
{
	const struct lane_dismissal *d = lane_dismissal(l);

	if (d != NULL)
		buf_printf(out, "; %u %s ended by the server, the last %llu s ago with \"%s\"",
		    d->n, d->n == 1 ? "connection was" : "connections were",
		    (unsigned long long)((loop_now_ms() - d->at_ms) / 1000), d->words);
}

void
explain_lane(const struct lane *l, struct buf *out)
{
	waiting_for(l, out);
	if (l->failing_n > 0)
		buf_printf(
		    out, "; of %zu sets of hosts %zu cannot be reached", l->hosts.n, l->failing_n);
	suspended(l, out);
	dismissed(l, out);
}

/* Its own hosts come before what holds the lane as a whole. */
static void
explain_hosts(const struct lane_hosts *h, struct buf *out)
{
	if (h->backoff_ms > loop_now_ms())
		buf_printf(out, "connections fail (%s), %u in a row, next try in %llu s",
		    h->failure.words != NULL ? h->failure.words : "no answer", h->failures,
		    (unsigned long long)loop_seconds_until(h->backoff_ms));
	else
		explain_lane(h->lane, out);
}

static const char *
attempts_word(unsigned n)
{
	return n == 1 ? "attempt" : "attempts";
}

/* Nobody was connected to: what is said of it is ours, or the connection's. */
static void
no_reply(const struct delivery *d, struct buf *out)
{
	const struct attempt *a = d->last;

	if (a->stage == STAGE_IDLE)
		buf_printf(out, "; %.*s", SPAN(span_first(a->text, 300)));
	else if (a->stage == STAGE_CONNECT)
		buf_printf(out, "; no connection stood: %.*s", SPAN(span_first(a->text, 300)));
	else
		buf_printf(out, "; the last attempt ended at %s: %.*s",
		    deliver_stage_name(a->stage), SPAN(span_first(a->text, 300)));
}

static void
last_reply(const struct delivery *d, struct buf *out)
{
	const struct attempt *a = d->last;

	if (a == NULL)
		return;
	if (a->code != 0)
		buf_printf(out, "; the last attempt got \"%u %.*s %.*s\"", a->code,
		    SPAN(a->enhanced), SPAN(span_first(a->text, 300)));
	else
		no_reply(d, out);
	if (a->server.n > 0)
		buf_printf(out, " from %.*s", SPAN(a->server));
	if (!a->judged || a->code == 0)
		return;
	buf_printf(out, ", which means %s", category_word(a->category));
	if (a->words.n > 0 && !span_is_nocase(a->words, category_word(a->category)) &&
	    !span_eq(a->words, a->text))
		buf_printf(out, ": %.*s", SPAN(a->words));
}

static void
in_lane(const struct queued *q, const struct delivery *d, struct buf *out)
{
	buf_printf(out, "waits in the lane to %.*s from %.*s with %zu others; ",
	    SPAN(d->lane->site->name), SPAN(d->lane->source->name), d->lane->draw.n - 1);
	if (!pool_is_open(q->pool))
		buf_str(out,
		    "nothing is scheduled until every delivery worker has said what it still has");
	else {
		buf_str(out, "held by: ");
		explain_hosts(d->hosts, out);
	}
	last_reply(d, out);
}

/* On disk; the lane's window is served first. */
static void
parked(const struct delivery *d, struct buf *out)
{
	buf_str(out, "waits on disk for its turn");
	if (d->lane != NULL) {
		buf_printf(out,
		    " in the lane to %.*s, with %zu others and %zu before them; held by: ",
		    SPAN(d->lane->site->name), d->lane->parked.n, d->lane->draw.n);
		explain_lane(d->lane, out);
	}
	last_reply(d, out);
}

static void
paused(const struct queued *q, const struct delivery *d, struct buf *out)
{
	struct span tenant = d->message->envelope->tenant;
	const char *why = tenants_paused(q->tenants, tenant);

	if (why == NULL && settle_is_bulk(d) && suppressed_lost(q->suppressed) != NULL) {
		buf_printf(out,
		    "bulk mail waits, for the suppression list is lost: %s; \"posthouse suppress "
		    "restore\" brings it back",
		    suppressed_lost(q->suppressed));
		last_reply(d, out);
		return;
	}
	buf_printf(out, "tenant %.*s is paused: %s; \"posthouse tenants release %.*s\" lets it go",
	    SPAN(tenant), why != NULL ? why : "it is being released", SPAN(tenant));
	last_reply(d, out);
}

static void
ordered(const struct delivery *d, struct buf *out)
{
	if (d->order != ORDER_NONE)
		buf_printf(out, "; an operator said %s: so it is, unless its server takes it",
		    d->order == ORDER_DROP ? "drop" : "hold");
}

void
explain(const struct queued *q, const struct delivery *d, struct buf *out)
{
	switch ((enum delivery_state)d->state) {
	case DELIVERY_LANE:
		in_lane(q, d, out);
		break;
	case DELIVERY_DEFERRED:
		if (d->parked) {
			parked(d, out);
			break;
		}
		if (d->attempts > 0)
			buf_printf(
			    out, "deferred after %u %s", d->attempts, attempts_word(d->attempts));
		else
			buf_str(out, d->last == NULL ? "waits for its first attempt"
						     : "deferred without a connection so far");
		buf_printf(out, "; tried %s in %llu s", d->attempts > 0 ? "again" : "next",
		    (unsigned long long)loop_seconds_until(d->due.at_ms));
		last_reply(d, out);
		break;
	case DELIVERY_PAUSED:
		paused(q, d, out);
		break;
	case DELIVERY_HELD:
		if (aside_is(d))
			buf_printf(out, "%.*s; it is held until it is released or dropped",
			    SPAN(span_first(d->last->text, 300)));
		else {
			buf_str(out, "held by an operator until it is released");
			last_reply(d, out);
		}
		break;
	case DELIVERY_ROUTING:
		buf_printf(
		    out, "waits for the answer of the DNS about %.*s", SPAN(delivery_domain(d)));
		break;
	case DELIVERY_SENDING:
		buf_str(out, "is being sent now");
		if (d->transaction == NULL)
			buf_str(out, ", by a worker that began before this queue was restarted");
		ordered(d, out);
		break;
	case DELIVERY_NOTICE:
		buf_str(out, "given up; the bounce message to its sender is being made");
		last_reply(d, out);
		break;
	default:
		buf_str(out, delivery_state_name(d->state));
	}
}
