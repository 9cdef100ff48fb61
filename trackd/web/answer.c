#include "answer.h"
#include "err.h"
#include "event.h"
#include "log.h"
#include "loop.h"
#include "../keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { EVENTS_BYTES = 4 * 1024 * 1024, EVENTS_FULL = 256 * 1024, SCRATCH_BYTES = 128 * 1024 };

/* The role's one answerer. */
static struct {
	struct tenant_keys keys;
	struct arena *arena;
	struct buf scratch, events;
	uint64_t valid_s;
	int events_fd;
} web;

static void
events_flush(void *unused)
{
	size_t done = 0;

	(void)unused;
	while (done < web.events.n) {
		ssize_t n = write(web.events_fd, web.events.p + done, web.events.n - done);

		if (n == -1) {
			log_error("events-lost", "bytes=%zu why=\"%s\"", web.events.n - done,
			    strerror(errno));
			break;
		}
		done += (size_t)n;
	}
	buf_reset(&web.events);
}

void
answer_start(struct role *role, const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");
	struct err err;

	web.arena = arena_new(0);
	buf_init(&web.scratch, SCRATCH_BYTES);
	buf_init(&web.events, EVENTS_BYTES);
	web.events_fd = role_fd(role, "events");
	web.valid_s = b == NULL ? 0 : conf_num(b, "valid");
	if (tenant_keys_make(&web.keys, conf, role_secret(role, "tracking-key"), web.arena, &err) ==
	    -1)
		role_fail(role, EX_CONFIG, "%s", err.text);
	loop_at_turn_end(events_flush, NULL);
}

static void
event_write(
    const struct web_request *r, const struct tenant_key *key, const struct token_facts *facts)
{
	struct id message;

	memcpy(message.b, facts->message, ID_BYTES);
	event_open(&web.events, facts->kind == TOKEN_CLICK ? "clicked" : "opened", id_new(),
	    loop_wall_ms());
	event_id(&web.events, "message", message);
	event_num(&web.events, "rcpt", facts->recipient);
	event_str(&web.events, "tenant", key->tenant);
	event_span(&web.events, "url", facts->url);
	event_span(&web.events, "client", r->client);
	event_span(&web.events, "agent", span_first(r->user_agent, 512));
	if (r->head)
		event_str(&web.events, "method", "HEAD");
	event_close(&web.events);
	if (web.events.n > EVENTS_FULL)
		events_flush(NULL);
}

static enum answer_kind
opened_token(const struct web_request *r, struct tenant_key *key, const struct token_facts *facts,
    struct span *url)
{
	uint64_t now_s = loop_wall_ms() / 1000;

	if (now_s > facts->issued_s && now_s - facts->issued_s > web.valid_s)
		return ANSWER_GONE;
	event_write(r, key, facts);
	*url = facts->url;
	return facts->kind == TOKEN_CLICK ? ANSWER_REDIRECT : ANSWER_PIXEL;
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
answer(const struct web_request *r, struct span *url)
{
	struct span token = token_of(r->path);
	struct token_facts facts;

	if (span_is(r->path, "/robots.txt"))
		return ANSWER_ROBOTS;
	if (span_is(r->path, "/health"))
		return ANSWER_HEALTH;
	for (size_t i = 0; token.n > 0 && i < web.keys.n; i++) {
		struct tenant_key *k = &web.keys.keys[i];

		buf_reset(&web.scratch);
		if (token_names(token, &k->key) &&
		    token_open(k->sealer, token, &web.scratch, &facts) == 0)
			return opened_token(r, k, &facts, url);
	}
	return ANSWER_NOT_FOUND;
}
