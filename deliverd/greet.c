#include "command.h"
#include "log.h"
#include "loop.h"
#include "refusal.h"
#include "session_inside.h"

#include <string.h>

static enum await
say_ehlo(struct session *s, const char *verb, enum await next)
{
	buf_printf(say(s), "%s %.*s\r\n", verb, SPAN(s->open.ehlo));
	return next;
}

enum await
on_greeting(struct session *s, const struct reply *r)
{
	if (!reply_ok(r))
		return host_failed(s, CAUSE_NETWORK, r, NULL);
	return say_ehlo(s, "EHLO", AWAIT_EHLO);
}

static enum await
open_up(struct session *s)
{
	struct deliver_opened o = { .session = s->open.session,
		.server = session_server(s),
		.address = session_address(s),
		.port = s->open.hosts[s->host].port,
		.tls = span_str(s->tls),
		.took_ms = (uint32_t)(loop_now_ms() - s->began_ms),
		.pipelining = s->ehlo.ext & EXT_PIPELINING,
		.eightbit = s->ehlo.ext & EXT_8BITMIME,
		.smtputf8 = s->ehlo.ext & EXT_SMTPUTF8,
		.dsn = s->ehlo.ext & EXT_DSN,
		.size_max = s->ehlo.size_max };

	if (s->encryption == ENCRYPT_NOT) /* so it was its TLS */
		plain_hosts_put(s->house->plain_hosts, session_address(s),
		    s->open.hosts[s->host].port, loop_now_ms());
	s->stood = true;
	if (!s->orphan && !s->told)
		s->house->opened(s->house->ctx, &o);
	s->told = true;
	return next_transaction(s);
}

static enum await
begin_auth_login(struct session *s)
{
	buf_str(say(s), "AUTH LOGIN\r\n");
	return AWAIT_AUTH_LOGIN;
}

/* A password goes in the clear only where the route says that there is no TLS. */
static enum await
begin_auth(struct session *s)
{
	if (s->open.login.n == 0)
		return open_up(s);
	if (s->encryption != ENCRYPT_DONE && s->open.tls != TLS_NONE)
		return host_failed(s, CAUSE_NO_AUTH, NULL, "the password is not sent without TLS");
	if (s->ehlo.ext & EXT_AUTH_PLAIN) {
		command_auth_plain(say(s), s->open.login, s->open.password);
		return AWAIT_AUTH_PLAIN;
	}
	if (s->ehlo.ext & EXT_AUTH_LOGIN)
		return begin_auth_login(s);
	return host_failed(
	    s, CAUSE_NO_AUTH, NULL, "the server offers neither AUTH PLAIN nor AUTH LOGIN");
}

static bool
failed_lately(const struct session *s)
{
	return s->open.tls == TLS_OPPORTUNISTIC &&
	       plain_hosts_has(s->house->plain_hosts, session_address(s),
		   s->open.hosts[s->host].port, loop_now_ms());
}

static bool
wants_tls(const struct session *s)
{
	return s->encryption == ENCRYPT_AS_ASKED && s->open.tls != TLS_NONE && !failed_lately(s);
}

static bool
needs_tls(const struct session *s)
{
	return s->encryption != ENCRYPT_DONE && s->open.tls >= TLS_REQUIRED;
}

enum await
on_ehlo(struct session *s, const struct reply *r)
{
	if (r->code / 100 == 5 && !needs_tls(s))
		return say_ehlo(s, "HELO", AWAIT_HELO); /* RFC 5321 3.2 */
	if (r->code == 500 || r->code == 502)
		return host_failed(s, CAUSE_NO_TLS, NULL,
		    "the server knows no EHLO, so no STARTTLS, which this route requires");
	if (!reply_ok(r))
		return host_failed(s, CAUSE_NETWORK, r, NULL);
	s->ehlo = ehlo_read(buf_all(&r->text));
	if (wants_tls(s) && s->ehlo.ext & EXT_STARTTLS) {
		buf_str(say(s), "STARTTLS\r\n");
		return AWAIT_STARTTLS;
	}
	if (needs_tls(s))
		return host_failed(s, CAUSE_NO_TLS, NULL,
		    "the server offers no STARTTLS, which this route requires");
	return begin_auth(s);
}

enum await
on_helo(struct session *s, const struct reply *r)
{
	if (!reply_ok(r))
		return host_failed(s, CAUSE_NETWORK, r, NULL);
	s->ehlo = (struct ehlo){ 0 };
	return begin_auth(s);
}

enum await
on_starttls(struct session *s, const struct reply *r)
{
	return reply_ok(r) ? begin_tls(s) : tls_failed(s, r, NULL);
}

enum await
begin_tls(struct session *s)
{
	const struct deliver_host *h = &s->open.hosts[s->host];

	wire_start_tls(s->wire, tls_client(s->house->tls, h->name, h->port, s->open.tls));
	return HANDSHAKING;
}

enum await
tls_stands(struct session *s)
{
	struct buf facts;

	buf_init(&facts, sizeof(s->tls) - 1);
	tls_facts(wire_ssl(s->wire), &facts);
	buf_byte(&facts, '\0');
	memcpy(s->tls, facts.p, facts.n);
	buf_free(&facts);
	s->encryption = ENCRYPT_DONE;
	return s->open.implicit_tls ? AWAIT_GREETING : say_ehlo(s, "EHLO", AWAIT_EHLO);
}

static void
log_tls_failed(struct session *s, const struct reply *r, const char *why, const char *next)
{
	log_begin(LOG_LEVEL_INFO, "tls-failed");
	log_kv("server", session_server(s));
	log_kv("address", session_address(s));
	if (r != NULL)
		log_kvf("reply", "%d %.*s", r->code, SPAN(buf_all(&r->text)));
	else
		log_kvs("why", why);
	log_kvs("next", next);
	log_end();
}

/* By the server's reply to STARTTLS, or because of why. A session that could not be resumed is forgotten, and a new one tried:
 * it may be that alone. Opportunistic: a server whose TLS is broken, or that says no, gets the mail in the clear, over a new
 * connection, for what it thinks of this one now is not known. */
enum await
tls_failed(struct session *s, const struct reply *r, const char *why)
{
	if (wire_ssl(s->wire) != NULL && tls_forget(s->house->tls, wire_ssl(s->wire))) {
		log_tls_failed(s, r, why, "anew");
		return session_connect(s);
	}
	if (s->open.tls >= TLS_REQUIRED || s->open.implicit_tls)
		return host_failed(
		    s, wire_distrusts(s->wire) ? CAUSE_CERTIFICATE : CAUSE_TLS, r, why);
	log_tls_failed(s, r, why, "plain");
	s->encryption = ENCRYPT_NOT;
	return session_connect(s);
}

/* Servers offer what they do not have: the other mechanism may be there. A password that is wrong is said once. */
enum await
on_auth_plain(struct session *s, const struct reply *r)
{
	if (refusal_is_of_mechanism(r) && s->ehlo.ext & EXT_AUTH_LOGIN)
		return begin_auth_login(s);
	return on_auth_end(s, r);
}

enum await
on_auth_end(struct session *s, const struct reply *r)
{
	return reply_ok(r) ? open_up(s) : host_failed(s, CAUSE_LOGIN, r, NULL);
}

enum await
on_auth_login(struct session *s, const struct reply *r)
{
	if (r->code != 334)
		return host_failed(s, CAUSE_LOGIN, r, NULL);
	command_base64_line(say(s), s->open.login);
	return AWAIT_AUTH_PASSWORD;
}

enum await
on_auth_password(struct session *s, const struct reply *r)
{
	if (r->code != 334)
		return host_failed(s, CAUSE_LOGIN, r, NULL);
	command_base64_line(say(s), s->open.password);
	return AWAIT_AUTH_END;
}
