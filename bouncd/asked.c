#include "asked.h"
#include "classify.h"
#include "err.h"
#include "group.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"
#include "proto_deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1024 * 1024 };

/* What it means and what to do, for people. */
static const char *
words(const struct verdict *v, char out[160])
{
	snprintf(out, 160, "%s%s%s%s%s", category_word(v->category),
	    v->provider[0] != '\0' ? " as " : "", v->provider,
	    v->advice == ADVICE_FIX ? "; fix " : "", v->advice == ADVICE_FIX ? v->fix : "");
	return out;
}

/* At MAIL no recipient was named: what does not exist or is suspended is the sender, our account or our domain. */
static void
about_the_sender(struct verdict *v)
{
	if (!category_is_hard(v->category))
		return;
	v->category = CATEGORY_BAD_SENDER;
	v->class = CLASS_SOFT;
	v->agreed = false;
	v->advice = category_advice(v->category, v->class, true);
	snprintf(v->fix, sizeof(v->fix), "%s", category_fix(v->category));
}

static struct verdict
verdict_of(struct bouncd *b, const struct bounce_reply *r, struct arena *arena)
{
	struct buf whole;
	struct names names = { .recipient = r->recipient, .sender = r->from, .ours = r->ehlo };
	struct said said;
	struct verdict v;

	buf_init(&whole, 32 * 1024);
	if (r->code != 0)
		buf_printf(
		    &whole, "%u %.*s%s", r->code, SPAN(r->enhanced), r->enhanced.n > 0 ? " " : "");
	buf_span(&whole, span_first(r->text, 16 * 1024));
	said_reply(&said, buf_all(&whole), arena);
	v = classify_named(b->rules, &said, &names, r->server, r->code >= 500, arena);
	if (r->stage == STAGE_MAIL)
		about_the_sender(&v);
	reply_book_note(b->book, &said, r->server, &v, loop_wall_ms() / 1000);
	buf_free(&whole);
	return v;
}

/* Without a reply there was no server to say one: time-outs, broken connections, names that do not resolve. */
static void
fill_in(struct verdict *v, const struct bounce_reply *r)
{
	if (v->class == CLASS_NONE)
		v->class = CLASS_SOFT;
	if (v->category == CATEGORY_NONE)
		v->category = r->code == 0 ? CATEGORY_NETWORK : CATEGORY_OTHER;
	if (v->advice == ADVICE_NONE && r->code < 500)
		v->advice = ADVICE_RETRY;
	if (v->status[0] == '\0')
		snprintf(v->status, sizeof(v->status), "%s", r->code >= 500 ? "5.0.0" : "4.4.0");
}

/* ---- the suppression list ---- */

/* Inside the group. */
static int
entry_add(struct bouncd *b, struct suppression_entry *e, enum suppression_reason reason,
    struct id event, struct err *err)
{
	e->reason = reason;
	e->time_s = loop_wall_ms() / 1000;
	e->expires_s = policy_expiry(&b->policy, reason, e->time_s);
	snprintf(e->event, sizeof(e->event), "%s", id_text(event).c);
	if (group_open(b, err) == -1 || suppression_add(b->list, e, err) == -1)
		return -1;
	group_change(b, e, true);
	return 0;
}

static bool
counts_eq(const struct suppression_counts *a, const struct suppression_counts *b)
{
	return a->last_message == b->last_message && a->soft_days == b->soft_days &&
	       a->last_day == b->last_day && a->hard == b->hard &&
	       a->last_hard_day == b->last_hard_day;
}

static uint64_t
short_id(struct id id)
{
	uint64_t a, b;

	memcpy(&a, id.b, sizeof(a));
	memcpy(&b, id.b + sizeof(a), sizeof(b));
	return a ^ b;
}

/* Counts it, and suppresses where that is enough; most soft results of a day change nothing. */
static int
result_count(struct bouncd *b, struct span tenant, struct span address, enum policy_result result,
    struct id message, struct id event, struct err *err)
{
	uint32_t today = (uint32_t)(loop_wall_ms() / 86400000);
	struct suppression_counts before, counts;
	struct suppression_entry e = { .scope = "" };

	if (result == RESULT_NONE || tenant.n == 0)
		return 0;
	if (suppression_name(&e, tenant, address, err) == -1 ||
	    suppression_counts_get(b->list, e.scope, e.address, &before, err) == -1)
		return -1;
	counts = before;
	if (policy_count(&b->policy, &counts, result, short_id(message), today)) {
		memset(&counts, 0, sizeof(counts));
		if (entry_add(b, &e,
			result == RESULT_SOFT ? SUPPRESSED_SOFT_BOUNCES : SUPPRESSED_HARD_BOUNCE,
			event, err) == -1)
			return -1;
	}
	if (counts_eq(&counts, &before))
		return 0;
	return group_open(b, err) == -1
		   ? -1
		   : suppression_counts_put(b->list, e.scope, e.address, &counts, err);
}

int
asked_suppress(struct bouncd *b, struct span scope, struct span address,
    enum suppression_reason reason, struct id event, struct err *err)
{
	struct suppression_entry e = { .scope = "" };

	if (scope.n == 0)
		return 0;
	return suppression_name(&e, scope, address, err) == -1
		   ? -1
		   : entry_add(b, &e, reason, event, err);
}

int
asked_result(struct bouncd *b, struct span tenant, struct span address, const struct verdict *v,
    struct id message, struct id event, struct err *err)
{
	return result_count(b, tenant, address, policy_counts(v, true), message, event, err);
}

/* ---- what does a reply mean? ---- */

/* A verdict that waits until what it says is on disk. Lost, it is given all the same: the address bounced. */
struct judged {
	uint64_t job;
	struct verdict verdict;
};

static void
verdict_say(struct bouncd *b, void *what, bool durable)
{
	struct judged *j = what;
	const struct verdict *v = &j->verdict;
	char text[160];

	(void)durable;
	if (b->queued != NULL)
		bounce_verdict_put(b->queued, &(struct bounce_verdict){ .job = j->job,
						  .class = (uint8_t)v->class,
						  .category = (uint8_t)v->category,
						  .advice = (uint8_t)v->advice,
						  .advice_s = v->retry_s,
						  .later = v->later,
						  .specific = v->specific,
						  .status = span_str(v->status),
						  .rule = span_str(v->rule),
						  .provider = span_str(v->provider),
						  .confidence = v->confidence,
						  .words = span_str(words(v, text)) });
	free(j);
}

void
asked_reply(struct bouncd *b, struct msg *m)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct judged *j = calloc(1, sizeof(*j));
	struct bounce_reply r;
	struct err err = { "" };

	if (j == NULL)
		fatal("out of memory for a verdict");
	if (bounce_reply_get(m, &r) == -1) {
		chan_bad(b->queued, "a REPLY that is none");
		arena_free(arena);
		free(j);
		return;
	}
	j->job = r.job;
	j->verdict = verdict_of(b, &r, arena);
	fill_in(&j->verdict, &r);
	if (result_count(b, r.tenant, r.recipient, policy_counts(&j->verdict, r.final_try),
		r.message, r.message, &err) == -1)
		log_error("not-suppressed", "why=\"%s\"", err.text);
	group_after(b, verdict_say, j);
	arena_free(arena);
}

/* ---- is it suppressed? ---- */

struct confirmed {
	uint64_t job;
	bool suppressed;
	struct suppression_entry entry;
};

/* What is said to be suppressed is on disk; what could not be brought there is not suppressed. */
static void
confirmed_say(struct bouncd *b, void *what, bool durable)
{
	struct confirmed *c = what;
	struct bounce_confirmed answer = { .job = c->job, .suppressed = c->suppressed && durable };

	if (answer.suppressed) {
		answer.scope = span_str(c->entry.scope);
		answer.reason = span_str(suppression_reason_word(c->entry.reason));
		answer.source = span_str(c->entry.event);
	}
	if (b->queued != NULL)
		bounce_confirmed_put(b->queued, &answer);
	free(c);
}

void
asked_confirm(struct bouncd *b, struct msg *m)
{
	struct confirmed *answer = calloc(1, sizeof(*answer));
	char scope[SUPPRESSION_SCOPE_MAX + 1];
	struct bounce_confirm c;
	struct err err = { "" };
	int n, r;

	if (answer == NULL)
		fatal("out of memory for an answer");
	if (bounce_confirm_get(m, &c) == -1) {
		chan_bad(b->queued, "a CONFIRM that is none");
		free(answer);
		return;
	}
	answer->job = c.job;
	n = snprintf(scope, sizeof(scope), "%.*s%s%.*s", SPAN(span_first(c.tenant, 120)),
	    c.campaign.n > 0 ? "/" : "", SPAN(span_first(c.campaign, 130)));
	r = suppression_why(b->list, span_of(scope, (size_t)n), c.address, loop_wall_ms() / 1000,
	    &answer->entry, &err);
	if (r == -1)
		log_error("not-confirmed", "why=\"%s\"", err.text);
	answer->suppressed = r == 1;
	group_after(b, confirmed_say, answer);
}
