/* AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): the client's side; smtpd-auth says whether it fits. */
#include "auth_client.h"
#include "session_inside.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES = 4096 };

static void
on_checked(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;

	session_go(s, AWAIT_COMMAND);
	if (code != 0)
		refuse(s, "AUTH", "%u %.*s", code, SPAN(text));
	else if ((s->tenant = policy_tenant(s->worker->policy, text)) == NULL)
		refuse(s, "AUTH", "535 5.7.8 the login's tenant is not configured");
	else {
		s->logged_in = true;
		reply(s, "235 2.7.0 welcome");
	}
	session_resume(s);
}

static void
check(struct session *s, struct span login, struct span password)
{
	free(s->login);
	s->login = strndup(login.p, login.n);
	session_go(s, AWAIT_AUTH);
	auth_client_ask(
	    s->worker->auth, login, password, span_str(s->client), &s->waiter, on_checked, s);
}

/* authzid NUL login NUL password; acting for another is not offered. */
static void
plain(struct session *s, struct span decoded)
{
	struct span rest, authzid = span_cut(decoded, '\0', &rest),
			  login = span_cut(rest, '\0', &rest);

	if (login.n == 0 || rest.n == 0 || (authzid.n > 0 && !span_eq(authzid, login)))
		refuse(s, "AUTH", "535 5.7.8 login or password is wrong");
	else
		check(s, login, rest);
}

static void
login_step(struct session *s, struct span decoded)
{
	if (s->login_name == NULL) {
		s->login_name = strndup(decoded.p == NULL ? "" : decoded.p, decoded.n);
		reply(s, "334 UGFzc3dvcmQ6");
		session_go(s, AWAIT_LOGIN);
		return;
	}
	check(s, span_str(s->login_name), decoded);
	free(s->login_name);
	s->login_name = NULL;
}

void
on_login_line(struct session *s, struct span line)
{
	struct buf b;

	session_go(s, AWAIT_COMMAND);
	buf_init(&b, SECRET_BYTES);
	if (span_is(line, "*"))
		refuse(s, "AUTH", "501 5.7.0 cancelled");
	else if (!transfer_decode_base64(line, &b) || buf_over(&b))
		refuse(s, "AUTH", "501 5.5.2 no base64, or too long");
	else if (s->mechanism == MECHANISM_PLAIN)
		plain(s, buf_all(&b));
	else
		login_step(s, buf_all(&b));
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	buf_free(&b);
}

static bool
refused_now(struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	if (c->auth == LISTENER_AUTH_NONE)
		refuse(s, "AUTH", "502 5.5.1 no AUTH here");
	else if (s->logged_in || s->tx != NULL || s->helo == NULL)
		refuse(s, "AUTH", "503 5.5.1 AUTH comes once, after EHLO and before MAIL");
	else if (s->ssl == NULL && !c->auth_without_tls)
		refuse(s, "AUTH", "538 5.7.11 AUTH needs TLS: STARTTLS first");
	else
		return false;
	return true;
}

void
on_auth(struct session *s, struct span args)
{
	struct span initial, mechanism = span_word(args, &initial);

	initial = span_trim(initial);
	if (refused_now(s))
		return;
	if (span_is_nocase(mechanism, "PLAIN"))
		s->mechanism = MECHANISM_PLAIN;
	else if (span_is_nocase(mechanism, "LOGIN"))
		s->mechanism = MECHANISM_LOGIN;
	else {
		refuse(s, "AUTH", "504 5.5.4 PLAIN and LOGIN are what there is");
		return;
	}
	free(s->login_name);
	s->login_name = NULL;
	if (initial.n > 0)
		on_login_line(s, span_is(initial, "=") ? span_of("", 0) : initial);
	else {
		reply(s, s->mechanism == MECHANISM_PLAIN ? "334 " : "334 VXNlcm5hbWU6");
		session_go(s, AWAIT_LOGIN);
	}
}
