/* What a lane does to those that wait in it: it cannot be reached, is suspended, or their time runs out there (course.h). */
#include "course.h"
#include "aside.h"
#include "doing.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "peer_bouncd.h"
#include "queued.h"
#include "settle.h"

#include <stdio.h>

/* A server that refuses the connection says why, and it may be that we are blocked, or too fast: the first that waits there hears it for
 * all, as it would have at MAIL. Where other connections stand it is their number that was refused, and no mail waits for it. */
static void
ask_what_they_mean(struct queued *q, struct lane_hosts *h, const struct deliver_closed *c)
{
	struct deliver_result r = { .outcome = OUTCOME_REPLIED,
		.stage = h->failure.stage,
		.code = c->code,
		.enhanced = c->enhanced,
		.text = c->text,
		.server = c->server,
		.address = c->address };
	struct draw_item *i = draw_take(&h->waiting);
	struct delivery *d;

	if (i == NULL)
		return;
	d = (struct delivery *)(void *)((char *)i - offsetof(struct delivery, item));
	d->attempts++;
	delivery_attempt(d, &r, loop_wall_ms());
	d->next_ms = loop_wall_ms() + loop_seconds_until(h->backoff_ms) * 1000;
	d->away = aside_move(q, d, DELIVERY_VERDICT);
	if (d->away)
		peer_bouncd_reply(q->bouncd, d);
}

/* What ended a connection, for people. */
static void
words_of(const struct deliver_closed *c, char words[ADAPT_REASON_MAX])
{
	snprintf(words, ADAPT_REASON_MAX, "%s: %.*s%s%u %.*s %.*s", deliver_stage_name(c->stage),
	    SPAN(c->server), c->server.n > 0 ? ": " : "", c->code, SPAN(c->enhanced),
	    SPAN(c->text));
}

void
course_dismissed(struct lane_hosts *h, const struct deliver_closed *c)
{
	char words[ADAPT_REASON_MAX];

	words_of(c, words);
	lane_dismissed(h->lane, span_str(words));
}

void
course_connect_failed(struct queued *q, struct lane_hosts *h, const struct deliver_closed *c)
{
	const struct lane *l = h->lane;
	char why[ADAPT_REASON_MAX];

	words_of(c, why);
	log_begin(LOG_LEVEL_WARN, "unreachable");
	log_kv("site", l->site->name);
	log_kv("source", l->source->name);
	log_kv("host", h->set->hosts[0].name);
	log_kvs("why", why);
	log_num("waiting", h->waiting.n);
	log_end();
	if (c->code != 0)
		lane_refused(h->lane, h->set, span_str(why));
	if (lane_hosts_failed(h, c, span_str(why)) && c->code != 0 && !lane_hosts_stand(h))
		ask_what_they_mean(q, h, c);
}

/* Why it waits, in the words of an attempt that is not counted: no server was asked. */
static void
wait_away(struct queued *q, struct delivery *d, const struct deliver_result *r,
    enum category category, uint32_t wait_s)
{
	delivery_attempt(d, r, loop_wall_ms());
	delivery_judged(d, CLASS_SOFT, (uint8_t)category, ADVICE_RETRY, 0, r->enhanced, r->text);
	settle_away(q, d, wait_s);
}

/* What a connection failed with, where no reply says it: whose fault it is stands in status and category. */
static const struct {
	const char *status;
	enum category category;
} causes[DELIVER_CAUSES] = {
	[CAUSE_NETWORK] = { "4.4.1", CATEGORY_NETWORK },
	[CAUSE_NO_TLS] = { "4.7.4",
	    CATEGORY_TLS },                      /* RFC 3463 3.8: security features not supported */
	[CAUSE_TLS] = { "4.7.5", CATEGORY_TLS }, /* cryptographic failure */
	[CAUSE_CERTIFICATE] = { "4.7.5", CATEGORY_TLS },
	[CAUSE_NO_AUTH] = { "4.7.4", CATEGORY_AUTH_FAILURE },
	[CAUSE_LOGIN] = { "4.7.8", CATEGORY_AUTH_FAILURE }, /* RFC 5248 */
};

void
course_hosts_away(struct queued *q, struct delivery *d)
{
	const struct lane_failure *f = &d->hosts->failure;
	const char *words = f->words != NULL ? f->words : "its hosts do not answer";
	struct deliver_result r = { .outcome = f->code != 0 ? OUTCOME_REPLIED : OUTCOME_LOST,
		.stage = f->stage,
		.code = f->code,
		.enhanced = span_str(f->code != 0 ? f->enhanced : causes[f->cause].status),
		.text = span_str(f->code != 0 ? f->text : words) };
	DOING(d, DOING_SENT);

	if (!aside_unless(q, d, 1u << DELIVERY_LANE, "its hosts went away") || d->unreached)
		return;
	d->immediate = false;
	d->attempts++;
	delivery_attempt(d, &r, loop_wall_ms());
	d->next_ms = loop_wall_ms() + loop_seconds_until(d->hosts->backoff_ms) * 1000;
	if (f->code != 0) {
		d->away = aside_move(q, d, DELIVERY_VERDICT);
		if (d->away)
			peer_bouncd_reply(q->bouncd, d);
		return;
	}
	delivery_judged(
	    d, CLASS_SOFT, (uint8_t)causes[f->cause].category, ADVICE_RETRY, 0, r.enhanced, r.text);
	settle_unreached(q, d);
}

void
course_lane_away(struct queued *q, struct delivery *d)
{
	const struct lane *l = d->lane;
	struct deliver_result r = { .outcome = OUTCOME_LOST,
		.stage = STAGE_CONNECT,
		.enhanced = SPAN_LIT("4.7.0"),
		.text = span_str(l->adapt.reason) };
	DOING(d, DOING_SENT);

	if (!aside_unless(q, d, 1u << DELIVERY_LANE, "its lane went away"))
		return;
	wait_away(q, d, &r, CATEGORY_BLOCKED_SOURCE, loop_seconds_until(l->adapt.until_ms));
}

/* ---- its time in the lane ---- */

static void
on_lane_due(void *ctx, struct due *due)
{
	struct delivery *d =
	    (struct delivery *)(void *)((char *)due - offsetof(struct delivery, due));
	const struct message *m = d->message;

	if (retry_expired(&m->stream->retry, m->envelope->received_ms, loop_wall_ms())) {
		lane_take_out(d);
		course_expired(ctx, d);
		return;
	}
	settle_delayed(ctx, d);
	course_lane_watch(ctx, d);
}

void
course_lane_watch(struct queued *q, struct delivery *d)
{
	const struct message *m = d->message;
	uint64_t received = m->envelope->received_ms, now = loop_wall_ms();
	uint64_t over = received + (uint64_t)m->stream->retry.expire_s * 1000;
	uint64_t late = received + (uint64_t)m->stream->delay_notice_s * 1000;
	uint64_t at = late > now && late < over && !d->delay_told ? late : over;

	d->due.fire = on_lane_due;
	d->due.ctx = q;
	schedule_set(&q->schedule, &d->due, loop_now_ms() + (at > now ? at - now : 0));
}

void
course_tenant_away(struct queued *q, struct delivery *d)
{
	struct deliver_result r = {
		.outcome = OUTCOME_LOST, .stage = STAGE_CONNECT, .enhanced = SPAN_LIT("4.7.1")
	};
	char text[BAN_REASON_MAX + 200];
	const struct ban *ban;
	DOING(d, DOING_SENT);

	if (!aside_unless(q, d, 1u << DELIVERY_LANE, "its tenant was suspended"))
		return;
	ban = lane_ban(d->lane, d);
	if (ban == NULL) { /* not this one: an operator's try */
		lane_take_out(d);
		lane_put(d->lane, d->hosts->set, d);
		return;
	}
	snprintf(text, sizeof(text), "tenant %.*s is suspended at %.*s, which said: %s",
	    SPAN(span_first(ban->tenant, 60)), SPAN(span_first(d->lane->site->name, 60)),
	    ban->reason);
	r.text = span_str(text);
	wait_away(q, d, &r, CATEGORY_SPAM_CONTENT, loop_seconds_until(ban->until_ms));
}

void
course_expired(struct queued *q, struct delivery *d)
{
	DOING(d, DOING_SENT);

	if (!aside_unless(q, d, 1u << DELIVERY_LANE, "its time ran out in its lane"))
		return;
	settle_untried(d, "its time was over before it was tried");
	settle_given_up(q, d, FINAL_EXPIRED);
}
