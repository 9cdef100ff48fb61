#include "asked.h"
#include "classify.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"
#include "publish.h"

#include <stdio.h>
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

static struct verdict
verdict_of(struct bouncd *b, const struct bounce_reply *r, struct arena *arena)
{
	struct buf whole;
	struct said said;
	struct verdict v;

	buf_init(&whole, 32 * 1024);
	if (r->code != 0)
		buf_printf(
		    &whole, "%u %.*s%s", r->code, SPAN(r->enhanced), r->enhanced.n > 0 ? " " : "");
	buf_span(&whole, span_first(r->text, 16 * 1024));
	said_reply(&said, buf_all(&whole), arena);
	v = classify(b->rules, &said, r->server, r->code >= 500);
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
	if (v->advice == ADVICE_NONE)
		v->advice = ADVICE_RETRY;
	if (v->status[0] == '\0')
		snprintf(v->status, sizeof(v->status), "%s", r->code >= 500 ? "5.0.0" : "4.4.0");
}

int
asked_suppress(struct bouncd *b, struct span tenant, struct span address,
    enum suppression_reason reason, struct id event, struct err *err)
{
	const struct conf_block *block = conf_first(conf_top(b->conf), "bounces");
	uint64_t now_s = loop_wall_ms() / 1000,
		 keep_s = block == NULL ? 0 : conf_num(block, "suppress-for");
	struct suppression_entry e = {
		.reason = reason, .time_s = now_s, .expires_s = keep_s == 0 ? 0 : now_s + keep_s
	};

	if (block != NULL && !conf_bool(block, "suppress-hard") && reason == SUPPRESSED_HARD_BOUNCE)
		return 0;
	if (suppression_name(&e, tenant, address, err) == -1)
		return -1;
	snprintf(e.event, sizeof(e.event), "%s", id_text(event).c);
	if (suppression_add(b->list, &e, err) == -1)
		return -1;
	publish_change(b, &e, true);
	return 0;
}

void
asked_reply(struct bouncd *b, struct msg *m)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct bounce_reply r;
	struct verdict v;
	struct err err = { "" };
	char text[160];

	if (bounce_reply_get(m, &r) == -1) {
		chan_bad(b->queued, "a REPLY that is none");
		arena_free(arena);
		return;
	}
	v = verdict_of(b, &r, arena);
	fill_in(&v, &r);
	if (v.advice == ADVICE_SUPPRESS && v.class == CLASS_HARD &&
	    asked_suppress(b, r.tenant, r.recipient, SUPPRESSED_HARD_BOUNCE, r.message, &err) == -1)
		log_error("not-suppressed", "why=\"%s\"", err.text);
	bounce_verdict_put(b->queued, &(struct bounce_verdict){ .job = r.job,
					  .class = (uint8_t)v.class,
					  .category = (uint8_t)v.category,
					  .advice = (uint8_t)v.advice,
					  .advice_s = v.retry_s,
					  .status = span_str(v.status),
					  .rule = span_str(v.rule),
					  .provider = span_str(v.provider),
					  .confidence = v.confidence,
					  .words = span_str(words(&v, text)) });
	arena_free(arena);
}

void
asked_confirm(struct bouncd *b, struct msg *m)
{
	struct suppression_entry e = { .scope = "" };
	struct bounce_confirmed answer = { .suppressed = false };
	struct bounce_confirm c;
	struct err err = { "" };

	if (bounce_confirm_get(m, &c) == -1) {
		chan_bad(b->queued, "a CONFIRM that is none");
		return;
	}
	answer.job = c.job;
	if (suppression_why(b->list, c.tenant, c.address, loop_wall_ms() / 1000, &e, &err) == 1) {
		answer.suppressed = true;
		answer.reason = span_str(suppression_reason_word(e.reason));
		answer.source = span_str(e.event);
	}
	bounce_confirmed_put(b->queued, &answer);
}
