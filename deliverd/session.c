#include "session_inside.h"
#include "connect.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HURRY_MS = 15 * 1000 }; /* a server that is well answers within a few seconds */

typedef enum await reply_fn(struct session *, const struct reply *);

static enum await on_unasked(struct session *, const struct reply *);
static enum await on_quit(struct session *, const struct reply *);

/* RFC 5321 4.5.3.2 has the time-outs. */
static const struct {
	const char *name;
	reply_fn *on_reply;
	enum deliver_stage stage;
	enum delivery_limit limit;
} states[] = {
	[CONNECTING] = { "connecting", on_unasked, STAGE_CONNECT, LIMIT_CONNECT },
	[AWAIT_GREETING] = { "greeting", on_greeting, STAGE_GREETING, LIMIT_GREETING },
	[AWAIT_EHLO] = { "ehlo", on_ehlo, STAGE_EHLO, LIMIT_EHLO },
	[AWAIT_HELO] = { "helo", on_helo, STAGE_EHLO, LIMIT_EHLO },
	[AWAIT_STARTTLS] = { "starttls", on_starttls, STAGE_TLS, LIMIT_TLS },
	[HANDSHAKING] = { "handshake", on_unasked, STAGE_TLS, LIMIT_TLS },
	[AWAIT_AUTH_PLAIN] = { "auth-plain", on_auth_plain, STAGE_AUTH, LIMIT_AUTH },
	[AWAIT_AUTH_LOGIN] = { "auth-login", on_auth_login, STAGE_AUTH, LIMIT_AUTH },
	[AWAIT_AUTH_PASSWORD] = { "auth-password", on_auth_password, STAGE_AUTH, LIMIT_AUTH },
	[AWAIT_AUTH_END] = { "auth-end", on_auth_end, STAGE_AUTH, LIMIT_AUTH },
	[IDLE] = { "idle", on_unasked, STAGE_IDLE, LIMIT_IDLE },
	[AWAIT_MAIL] = { "mail", on_mail, STAGE_MAIL, LIMIT_MAIL },
	[AWAIT_RCPT] = { "rcpt", on_rcpt, STAGE_RCPT, LIMIT_RCPT },
	[AWAIT_DATA] = { "data", on_data, STAGE_DATA, LIMIT_DATA },
	[SENDING] = { "sending", on_early_reply, STAGE_DATA, LIMIT_BLOCK },
	[AWAIT_DOT] = { "dot", on_dot, STAGE_DOT, LIMIT_DOT },
	[AWAIT_LONE_DOT] = { "lone-dot", on_lone_dot, STAGE_DOT, LIMIT_DOT },
	[AWAIT_RSET] = { "rset", on_rset, STAGE_MAIL, LIMIT_RSET },
	[AWAIT_QUIT] = { "quit", on_quit, STAGE_IDLE, LIMIT_QUIT },
	[CLOSED] = { "closed", NULL, STAGE_IDLE, LIMIT_NONE },
};

struct span
session_server(const struct session *s)
{
	return s->open.hosts[s->host].name;
}

struct span
session_address(const struct session *s)
{
	return s->open.hosts[s->host].address;
}

void *
session_owner(const struct session *s)
{
	return s->owner;
}

bool
session_is_orphan(const struct session *s)
{
	return s->orphan;
}

enum deliver_stage
session_stage(const struct session *s)
{
	return states[s->state].stage;
}

struct buf *
say(struct session *s)
{
	wire_push(s->wire);
	return wire_out(s->wire);
}

/* A transaction that is broken off before its content was sent leaves nothing in doubt. */
static uint64_t
time_for(const struct session *s, enum await state)
{
	uint64_t ms = s->house->conf->limit_ms[states[state].limit];
	bool safe = state >= AWAIT_MAIL && state <= AWAIT_DATA;

	return s->hurried && safe && ms > HURRY_MS ? HURRY_MS : ms;
}

/* The only writer of the state. */
void
session_enter(struct session *s, enum await next)
{
	uint64_t ms = time_for(s, next);

	log_debug("session", "session=%u state=%s next=%s", s->open.session, states[s->state].name,
	    states[next].name);
	s->state = next;
	if (ms == 0)
		timer_clear(s->timer);
	else
		timer_set_ms(s->timer, ms);
}

/* ---- how it ends ---- */

static void
wire_drop(struct session *s)
{
	if (s->wire != NULL)
		wire_close(s->wire);
	s->wire = NULL;
}

static enum await
closed(struct session *s, const struct deliver_closed *c)
{
	struct transaction *tx;

	wire_drop(s);
	timer_clear(s->timer);
	while ((tx = STAILQ_FIRST(&s->queue)) != NULL) {
		settle_unsent(s, tx, "the session ended before this message");
		transaction_over(s, tx);
	}
	s->house->closed(s->house->ctx, s, c);
	return CLOSED;
}

static void
closed_by(struct deliver_closed *c, const struct reply *r, const char *why, struct arena *arena)
{
	if (r != NULL) {
		c->code = (uint16_t)r->code;
		c->enhanced = span_str(arena_strdup(arena, enhanced_text(r->enhanced).c));
		c->text = arena_span(arena, buf_all(&r->text));
	} else
		c->text = arena_span(arena, span_str(why));
}

static struct deliver_closed
closed_here(struct session *s, enum deliver_cause cause, const struct reply *r, const char *why)
{
	struct deliver_closed c = { .session = s->open.session,
		.stage = session_stage(s),
		.stood = s->told,
		.cause = cause,
		.server = session_server(s),
		.address = session_address(s) };

	closed_by(&c, r, why, s->arena);
	return c;
}

static bool
in_transaction(const struct session *s)
{
	return s->state >= AWAIT_MAIL && s->state <= AWAIT_RSET;
}

enum await
session_ended(
    struct session *s, enum deliver_outcome outcome, const struct reply *reply, const char *why)
{
	struct deliver_closed c = closed_here(s, CAUSE_NETWORK, reply, why);

	if (in_transaction(s) && outcome != OUTCOME_UNSENT)
		settle_open(s, STAILQ_FIRST(&s->queue), outcome, reply, why);
	return closed(s, &c);
}

/* A reply says more than a broken connection, and what came later more than what came before. */
static void
remember_failure(
    struct session *s, enum deliver_cause cause, const struct reply *reply, const char *why)
{
	struct deliver_closed c = closed_here(s, cause, reply, why);

	log_begin(LOG_LEVEL_INFO, "connect-failed");
	log_kv("site", s->open.site);
	log_kv("server", c.server);
	log_kv("address", c.address);
	log_kvs("stage", deliver_stage_name(c.stage));
	if (c.code != 0)
		log_num("code", c.code);
	log_kv(c.code != 0 ? "reply" : "why", c.text);
	log_end();
	if (c.code != 0 || c.cause != CAUSE_NETWORK ||
	    (s->why.code == 0 && s->why.cause == CAUSE_NETWORK))
		s->why = c;
}

uint32_t
session_other_host(const struct session *s)
{
	uint32_t i = s->host + 1;

	while (i < s->open.hosts_n &&
	       span_eq_nocase(s->open.hosts[i].name, s->open.hosts[s->host].name))
		i++;
	return i;
}

enum await
host_failed(struct session *s, enum deliver_cause cause, const struct reply *reply, const char *why)
{
	remember_failure(s, cause, reply, why);
	wire_drop(s);
	s->host++;
	s->encryption = ENCRYPT_AS_ASKED;
	return session_connect(s);
}

enum await
protocol_error(struct session *s, const struct reply *r)
{
	char why[200];

	snprintf(why, sizeof(why), "the server answered %d, which makes no sense at %s", r->code,
	    states[s->state].name);
	return session_ended(s, OUTCOME_LOST, NULL, why);
}

/* What the end of a connection means for the message in hand. One that carried mail before had done its work: the server judged
 * nothing, and the message goes on over another. One that ends at its first message may end because of it. */
static enum deliver_outcome
cut_short(const struct session *s, enum deliver_outcome otherwise, enum await last)
{
	bool before = s->state >= AWAIT_MAIL && s->state <= last;

	return before && s->answered > 0 ? OUTCOME_UNSENT : otherwise;
}

/* It let us in and then took nothing: as good as not let in. */
static bool
brought_nothing(const struct session *s)
{
	return !s->stood || (s->state == IDLE && s->answered == 0);
}

/* The connection is past use. Up to the final dot the server cannot have taken the message. */
static enum await
broke(struct session *s, const char *why)
{
	switch (s->state) {
	case CLOSED:
		return CLOSED;
	case AWAIT_STARTTLS:
	case HANDSHAKING:
		return tls_failed(s, NULL, why);
	case AWAIT_QUIT:
		return session_ended(s, OUTCOME_LOST, NULL, "");
	default:
		return brought_nothing(s)
			   ? host_failed(s, CAUSE_NETWORK, NULL, why)
			   : session_ended(s, cut_short(s, OUTCOME_LOST, SENDING), NULL, why);
	}
}

/* 421 may come at any time: the server closes (RFC 5321 3.8). Amid the content or behind it, it is the answer to the message. */
static enum await
dismissed(struct session *s, const struct reply *r)
{
	if (s->state == AWAIT_STARTTLS)
		return tls_failed(s, r, NULL);
	if (brought_nothing(s))
		return host_failed(s, CAUSE_NETWORK, r, NULL);
	if (s->answered == 0 && s->state <= AWAIT_DATA && put_off_all(s, r))
		return go_elsewhere(s);
	return session_ended(s, cut_short(s, OUTCOME_REPLIED, AWAIT_DATA), r, NULL);
}

static enum await
on_unasked(struct session *s, const struct reply *r)
{
	if (r->code >= 400)
		return dismissed(s, r);
	return broke(s, "the server spoke without being asked");
}

static enum await
on_quit(struct session *s, const struct reply *r)
{
	(void)r;
	return session_ended(s, OUTCOME_LOST, NULL, "");
}

/* ---- what the wire says ---- */

static void
on_ready(void *ctx)
{
	struct session *s = ctx;

	if (s->state == HANDSHAKING)
		session_enter(s, tls_stands(s));
	else if (s->open.implicit_tls)
		session_enter(s, begin_tls(s));
	else
		session_enter(s, AWAIT_GREETING);
}

static void
on_line(void *ctx, struct span line)
{
	struct session *s = ctx;
	struct err err;

	switch (reply_line(&s->reply, line, &err)) {
	case REPLY_MORE:
		break;
	case REPLY_BAD:
		session_enter(s, broke(s, err.text));
		break;
	case REPLY_DONE:
		if (s->reply.code == 421 && s->state != AWAIT_QUIT)
			session_enter(s, dismissed(s, &s->reply));
		else
			session_enter(s, states[s->state].on_reply(s, &s->reply));
	}
}

static void
on_sent(void *ctx)
{
	struct session *s = ctx;
	struct transaction *tx = STAILQ_FIRST(&s->queue);

	body_free(tx->body);
	tx->body = NULL;
	session_enter(s, AWAIT_DOT);
}

static void
on_progress(void *ctx)
{
	struct session *s = ctx;

	if (s->state == SENDING)
		session_enter(s, SENDING);
}

static void
on_damaged(void *ctx, const char *why)
{
	struct session *s = ctx;

	session_enter(s, session_ended(s, OUTCOME_DAMAGED, NULL, why));
}

static void
on_gone(void *ctx, const char *why)
{
	struct session *s = ctx;

	session_enter(s, broke(s, why));
}

static const struct wire_events wire_events = { on_ready, on_line, on_sent, on_progress, on_damaged,
	on_gone };

static void
on_timeout(void *ctx)
{
	struct session *s = ctx;

	if (s->state == IDLE) {
		session_close(s);
		return;
	}
	session_enter(s, broke(s, "the server took too long"));
}

enum await
session_connect(struct session *s)
{
	struct err err;

	wire_drop(s);
	reply_free(&s->reply);
	reply_init(&s->reply);
	s->tls[0] = '\0';
	s->stood = false;
	s->answered = 0;
	for (; s->host < s->open.hosts_n; s->host++) {
		const struct deliver_host *h = &s->open.hosts[s->host];
		int fd = connect_begin(h->address, h->port, s->open.source_address, &err);

		if (fd >= 0) {
			s->wire = wire_new(fd, &wire_events, s);
			return CONNECTING;
		}
		s->state = CONNECTING;
		remember_failure(s, CAUSE_NETWORK, NULL, err.text);
	}
	s->host = s->open.hosts_n - 1;
	return closed(s, &s->why);
}

/* ---- life ---- */

static void
open_copy(struct session *s, const struct deliver_open *o)
{
	s->open = *o;
	s->open.site = arena_span(s->arena, o->site);
	s->open.source_name = arena_span(s->arena, o->source_name);
	s->open.source_address = arena_span(s->arena, o->source_address);
	s->open.ehlo = arena_span(s->arena, o->ehlo);
	s->open.login = arena_span(s->arena, o->login);
	s->open.password = arena_span(s->arena, o->password);
	for (uint32_t i = 0; i < o->hosts_n; i++) {
		s->open.hosts[i].name = arena_span(s->arena, o->hosts[i].name);
		s->open.hosts[i].address = arena_span(s->arena, o->hosts[i].address);
	}
}

struct session *
session_new(struct session_house *house, const struct deliver_open *o, void *owner)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a session");
	s->house = house;
	s->owner = owner;
	s->arena = arena_new(0);
	s->timer = timer_new(on_timeout, s);
	s->began_ms = loop_now_ms();
	STAILQ_INIT(&s->queue);
	reply_init(&s->reply);
	open_copy(s, o);
	return s;
}

void
session_start(struct session *s)
{
	session_enter(s, session_connect(s));
}

void
session_free(struct session *s)
{
	struct transaction *tx;

	while ((tx = STAILQ_FIRST(&s->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->queue, link);
		transaction_free(tx);
	}
	wire_drop(s);
	timer_free(s->timer);
	reply_free(&s->reply);
	if (s->open.password.n > 0)
		explicit_bzero((char *)s->open.password.p, s->open.password.n);
	arena_free(s->arena);
	free(s);
}

void
session_feed(struct session *s, const struct deliver_transact *t)
{
	struct transaction *tx = transaction_new(t);

	s->house->bytes += tx->bytes;
	STAILQ_INSERT_TAIL(&s->queue, tx, link);
	if (s->state == CLOSED || s->state == AWAIT_QUIT) {
		settle_open(s, tx, OUTCOME_UNSENT, NULL, "the session is over");
		transaction_over(s, tx);
	} else if (s->state == IDLE)
		session_enter(s, next_transaction(s));
}

void
session_close(struct session *s)
{
	s->quitting = true;
	if (s->state == IDLE)
		session_enter(s, next_transaction(s));
	else if (!s->told && s->state != CLOSED)
		session_enter(s, session_ended(s, OUTCOME_LOST, NULL, "closed before it stood"));
}

void
session_hurry(struct session *s)
{
	s->hurried = true;
	if (s->state >= AWAIT_MAIL && s->state <= AWAIT_DATA)
		session_enter(s, s->state);
}

void
session_wind_up(struct session *s)
{
	struct transaction *tx = STAILQ_FIRST(&s->queue), *next;

	if (tx != NULL && in_transaction(s))
		tx = STAILQ_NEXT(tx, link);
	for (; tx != NULL; tx = next) {
		next = STAILQ_NEXT(tx, link);
		settle_unsent(s, tx, "the worker is stopping");
		transaction_over(s, tx);
	}
	session_close(s);
}

/* As long as the content has not begun, the server has nothing of the message. */
void
session_abort(struct session *s, const char *why)
{
	bool untouched = s->state < SENDING || s->state == AWAIT_RSET;

	if (s->state != CLOSED)
		session_enter(
		    s, session_ended(s, untouched ? OUTCOME_UNSENT : OUTCOME_LOST, NULL, why));
}

void
session_orphan(struct session *s)
{
	s->orphan = true;
	session_wind_up(s);
}

void
session_underway(
    const struct session *s, void (*under)(void *, const struct deliver_underway *), void *ctx)
{
	struct transaction *tx;

	STAILQ_FOREACH (tx, &s->queue, link)
		for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
			if (tx->rcpt[i] < RCPT_SETTLED)
				under(ctx, &(struct deliver_underway){
					       .id = tx->t.id, .index = tx->t.rcpts[i].index });
}
