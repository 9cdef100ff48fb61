#include "visits.h"
#include "err.h"
#include "event.h"
#include "loop.h"
#include "recent.h"
#include "visitors.h"

#include <string.h>
#include <sysexits.h>

enum { AGENT_BYTES = 512 };

static struct visitors *visitors;
static struct recent *recent;

void
visits_start(struct role *role, const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");
	const char *path = b != NULL && conf_is_set(b, "visitors") ? conf_str(b, "visitors") : NULL;
	struct span text = path == NULL ? visitors_shipped() : role_secret(role, "visitor-rules");
	struct err err;

	if (text.p == NULL)
		role_fail(role, EX_CONFIG, "%s: the master did not hand it over", path);
	visitors = visitors_load(path == NULL ? "visitors.conf" : path, text, NULL, &err);
	if (visitors == NULL)
		role_fail(role, EX_CONFIG, "%s", err.text);
	recent = recent_new();
}

static enum visit_kind
kind_of(enum token_kind kind)
{
	return kind == TOKEN_OPEN          ? VISIT_OPEN
	       : kind == TOKEN_UNSUBSCRIBE ? VISIT_UNSUBSCRIBE
	       : kind == TOKEN_TRAP        ? VISIT_TRAP
					   : VISIT_CLICK;
}

/* The token was made when its mail was handed over. */
static int64_t
age_ms(const struct token_facts *facts, uint64_t now_ms)
{
	uint64_t issued_ms = (uint64_t)facts->issued_s * 1000;

	return now_ms > issued_ms ? (int64_t)(now_ms - issued_ms) : 0;
}

static struct visit
visit_of(const struct web_request *r, const struct token_facts *facts, uint64_t now_ms)
{
	return (struct visit){ .kind = kind_of(facts->kind),
		.method = r->method == WEB_HEAD   ? VISIT_HEAD
			  : r->method == WEB_POST ? VISIT_POST
						  : VISIT_GET,
		.client = r->client,
		.agent = span_first(r->user_agent, AGENT_BYTES),
		.purpose = r->purpose,
		.no_language = r->no_language,
		.age_ms = age_ms(facts, now_ms) };
}

/* An unsubscribe page and the trap are links too: who follows all links comes there. */
static struct recent_key
key_of(const struct web_request *r, const struct token_facts *facts)
{
	struct recent_key k = { .recipient = facts->recipient,
		.client = r->client,
		.agent = span_first(r->user_agent, AGENT_BYTES),
		.link = facts->kind == TOKEN_OPEN          ? span_of(NULL, 0)
			: facts->kind == TOKEN_UNSUBSCRIBE ? SPAN_LIT("unsubscribe")
			: facts->kind == TOKEN_TRAP        ? SPAN_LIT("trap")
							   : facts->url };

	memcpy(k.message.b, facts->message, ID_BYTES);
	return k;
}

static struct judgement
judge(const struct web_request *r, const struct token_facts *facts, struct id event,
    uint64_t now_ms, struct recent_revised revised[RECENT_VISITS], unsigned *revised_n)
{
	struct visit v = visit_of(r, facts, now_ms);
	struct recent_key key = key_of(r, facts);
	struct visit_past past;
	struct judgement j;

	recent_past(recent, &key, now_ms, &past);
	j = visitors_judge(visitors, &v, &past);
	*revised_n = recent_note(recent, &key, now_ms, v.kind, &j, event, revised);
	if (j.rule == JUDGEMENT_NO_RULE)
		j.reason = "no-sign"; /* of a machine: an event never leaves its reader to guess */
	return j;
}

static const char *
event_kind(enum visit_kind kind)
{
	static const char *const names[VISIT_KINDS] = { "opened", "clicked", "unsubscribed",
		"trapped" };

	return names[kind];
}

static void
whose(struct buf *events, const char *tenant, const struct token_facts *facts)
{
	struct id message;

	memcpy(message.b, facts->message, ID_BYTES);
	event_id(events, "message", message);
	event_num(events, "rcpt", facts->recipient);
	event_str(events, "tenant", tenant);
	event_span(events, "campaign", facts->campaign);
}

static void
revised_write(struct buf *events, const struct recent_revised *r, const struct judgement *j,
    const char *tenant, const struct token_facts *facts, uint64_t now_ms)
{
	event_open(events, "revised", id_new(), now_ms);
	whose(events, tenant, facts);
	event_id(events, "revises", r->event);
	event_str(events, "kind", event_kind(r->kind));
	event_str(events, "was", machine_name(r->was));
	event_str(events, "machine", machine_name(j->machine));
	event_str(events, "reason", j->reason);
	event_close(events);
}

/* An unsubscribe has its event elsewhere, if any. */
static void
all_revised_write(struct buf *events, const struct recent_revised revised[], unsigned n,
    const struct judgement *j, const char *tenant, const struct token_facts *facts, uint64_t now_ms)
{
	for (unsigned i = 0; i < n; i++)
		if (revised[i].kind != VISIT_UNSUBSCRIBE)
			revised_write(events, &revised[i], j, tenant, facts, now_ms);
}

void
visits_write(struct buf *events, const struct web_request *r, const char *tenant,
    const struct token_facts *facts)
{
	struct recent_revised revised[RECENT_VISITS];
	uint64_t now_ms = loop_wall_ms();
	struct id event = id_new();
	unsigned n;
	struct judgement j = judge(r, facts, event, now_ms, revised, &n);

	event_open(events, event_kind(kind_of(facts->kind)), event, now_ms);
	whose(events, tenant, facts);
	event_span(events, "url", facts->url);
	event_span(events, "client", r->client);
	event_span(events, "agent", span_first(r->user_agent, AGENT_BYTES));
	if (r->method == WEB_HEAD)
		event_str(events, "method", "HEAD");
	event_str(events, "machine", machine_name(j.machine));
	event_str(events, "reason", j.reason);
	event_close(events);
	all_revised_write(events, revised, n, &j, tenant, facts, now_ms);
}

struct judgement
visits_unsubscribe(struct buf *events, const struct web_request *r, const char *tenant,
    const struct token_facts *facts)
{
	struct recent_revised revised[RECENT_VISITS];
	uint64_t now_ms = loop_wall_ms();
	unsigned n;
	struct judgement j = judge(r, facts, id_new(), now_ms, revised, &n);

	all_revised_write(events, revised, n, &j, tenant, facts, now_ms);
	return j;
}
