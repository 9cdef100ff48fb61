#include "answer.h"
#include "blocks.h"
#include "err.h"
#include "event_file.h"
#include "house_conf.h"
#include "log.h"
#include "loop.h"
#include "own_hosts.h"
#include "unsubscribe.h"
#include "utf8.h"
#include "visits.h"
#include "../keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	EVENTS_BYTES = 4 * 1024 * 1024,
	EVENTS_FULL = 256 * 1024,
	SCRATCH_BYTES = 128 * 1024,
	NAME_MAX_BYTES = 200
};

/* The role's one answerer. */
static struct {
	struct tenant_keys keys;
	struct arena *arena;
	struct buf scratch, events, facts;
	const struct conf *conf;
	uint64_t valid_s;
	struct event_file log;
} web;

static void
events_flush(void *unused)
{
	(void)unused;
	if (event_file_append(&web.log, buf_all(&web.events)) == -1)
		log_error("events-lost", "of=%zu why=\"%s\"", web.events.n, strerror(errno));
	buf_reset(&web.events);
}

static void
on_events_file(void *ctx)
{
	struct role *role = ctx;
	int old;

	events_flush(NULL);
	old = role_events_take(role);
	if (old == -1)
		return;
	close(old);
	event_file_open(&web.log, role_fd(role, "events"), role_fd(role, "events-read"));
}

void
answer_start(struct role *role, const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");
	struct err err;

	web.arena = arena_new(0);
	buf_init(&web.scratch, SCRATCH_BYTES);
	buf_init(&web.events, EVENTS_BYTES);
	buf_init(&web.facts, ANSWER_FACTS_MAX);
	web.conf = conf;
	event_file_open(&web.log, role_fd(role, "events"), role_fd(role, "events-read"));
	role_on_events(role, on_events_file, role);
	web.valid_s = b == NULL ? 0 : conf_num(b, "valid");
	if (tenant_keys_make(&web.keys, conf, role_secret(role, "tracking-key"), web.arena, &err) ==
	    -1)
		role_fail(role, EX_CONFIG, "%s", err.text);
	own_hosts_make(conf, web.arena);
	visits_start(role, conf);
	unsubscribe_start(role);
	loop_at_turn_end(events_flush, NULL);
}

static void
event_write(
    const struct web_request *r, const struct tenant_key *key, const struct token_facts *facts)
{
	visits_write(&web.events, r, key->tenant, facts);
	if (web.events.n > EVENTS_FULL)
		events_flush(NULL);
}

/* An address that only its owner knows again: a***@example.com. */
static void
put_veiled(struct buf *out, struct span address)
{
	ptrdiff_t at = span_find_last(address, '@');
	uint32_t code;

	if (at < 1)
		return;
	buf_span(out, span_first(address, utf8_next(address, &code)));
	buf_str(out, "***");
	buf_span(out, span_from(address, (size_t)at));
}

static void
put_line(struct buf *out, struct span s)
{
	buf_byte(out, '\n');
	for (size_t i = 0; i < s.n && i < NAME_MAX_BYTES; i++)
		buf_byte(out, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
}

/* What its page says: to whom, from whom, and of which campaign where that alone ends. */
static struct span
unsubscribe_facts(const struct tenant_key *key, const struct token_facts *facts)
{
	const struct conf_block *t = conf_find(conf_top(web.conf), "tenant", span_str(key->tenant));
	const char *from = t == NULL                     ? key->tenant
			   : conf_is_set(t, "brand")     ? conf_str(t, "brand")
			   : conf_count(t, "domain") > 0 ? conf_str_at(t, "domain", 0)
							 : key->tenant;

	buf_reset(&web.facts);
	put_veiled(&web.facts, facts->url);
	put_line(&web.facts, span_str(from));
	put_line(&web.facts,
	    unsubscribe_ends_campaign(t, facts->campaign) ? facts->campaign : span_of(NULL, 0));
	return buf_all(&web.facts);
}

/* Scanners follow links: so a GET asks, and changes nothing; nor does a POST that does not say what it wants. */
static enum answer_kind
unsubscribe(const struct web_request *r, const struct tenant_key *key,
    const struct token_facts *facts, void (*done)(void *, bool), void *ctx, struct span *text)
{
	struct web_unsubscribe u = { .tenant = span_str(key->tenant),
		.campaign = facts->campaign,
		.address = facts->url,
		.index = facts->recipient,
		.one_click = r->one_click,
		.client = r->client,
		.agent = span_first(r->user_agent, 512) };
	struct judgement j = visits_unsubscribe(&web.events, r, key->tenant, facts);

	u.machine = span_str(machine_name(j.machine));
	u.reason = span_str(j.reason);
	*text = unsubscribe_facts(key, facts);
	if (r->method != WEB_POST || !(r->one_click || r->by_page))
		return ANSWER_ASK;
	memcpy(u.message.b, facts->message, ID_BYTES);
	return unsubscribe_ask(&u, done, ctx) ? ANSWER_WAIT : ANSWER_LATER;
}

static enum answer_kind
opened_token(const struct web_request *r, const struct tenant_key *key,
    const struct token_facts *facts, void (*done)(void *, bool), void *ctx, struct span *text)
{
	uint64_t now_s = loop_wall_ms() / 1000;

	if (facts->kind == TOKEN_UNSUBSCRIBE) /* works for as long as there is the key */
		return unsubscribe(r, key, facts, done, ctx, text);
	if (r->method == WEB_POST)
		return ANSWER_NOT_FOUND;
	if (now_s > facts->issued_s && now_s - facts->issued_s > web.valid_s)
		return ANSWER_GONE;
	if (facts->kind == TOKEN_CLICK && !blocks_known())
		return ANSWER_LATER; /* who clicks is told to try again, not sent to where somebody may rob him */
	if (facts->kind == TOKEN_CLICK &&
	    blocks_has(span_str(key->tenant), facts->campaign, facts->url))
		return ANSWER_SWITCHED_OFF;
	event_write(r, key, facts);
	*text = facts->url;
	return facts->kind == TOKEN_CLICK  ? ANSWER_REDIRECT
	       : facts->kind == TOKEN_TRAP ? ANSWER_NOTHING
					   : ANSWER_PIXEL;
}

/* The token is the last step of the path, so that a proxy may put a folder in front; a pixel may end in ".gif". */
static struct span
token_of(struct span path)
{
	ptrdiff_t slash = span_find_last(path, '/');
	struct span token = span_from(path, slash < 0 ? 0 : (size_t)slash + 1);

	if (span_ends_nocase(token, ".gif"))
		token.n -= strlen(".gif");
	return token;
}

enum answer_kind
answer(
    const struct web_request *r, void (*done)(void *ctx, bool stored), void *ctx, struct span *text)
{
	struct span token = token_of(r->path);
	struct tenant_key *key;
	struct token_facts facts;

	if (span_is(r->path, "/robots.txt"))
		return ANSWER_ROBOTS;
	if (span_is(r->path, "/health"))
		return ANSWER_HEALTH;
	key = tenant_keys_open(&web.keys, token, &web.scratch, &facts);
	if (key == NULL || !own_hosts_answer(r->host, key->tenant))
		return ANSWER_NOT_FOUND;
	return opened_token(r, key, &facts, done, ctx, text);
}
