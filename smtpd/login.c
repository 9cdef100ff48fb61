#include "session_inside.h"
#include "auth_client.h"
#include "err.h"
#include "log.h"
#include "sasl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void
login_name_forget(struct session *s)
{
	if (s->login_name != NULL)
		explicit_bzero(s->login_name, strlen(s->login_name));
	free(s->login_name);
	s->login_name = NULL;
}

/* A program of this machine is its user's. */
static char *
login_of_peer(const struct session *s)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char *login;

	if (strcmp(s->client, "local") != 0 ||
	    getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return NULL;
	if (asprintf(&login, "uid:%u", (unsigned)peer.uid) == -1)
		fatal("out of memory for a login");
	return login;
}

/* A tenant's own programs are let write lines as they do; what they write goes on with CRLF. Strangers are not: what ends a line
 * for us and for others alike cannot be used to smuggle. */
void
session_tenant(struct session *s, const struct tenant *t)
{
	enum listener_lines lines = s->listener->conf.line_ends;

	s->tenant = t;
	s->line.repair =
	    lines == LISTENER_LINES_REPAIR || (lines == LISTENER_LINES_TENANTS && t != NULL);
}

void
session_anew(struct session *s)
{
	transaction_end(s);
	free(s->helo);
	free(s->login);
	login_name_forget(s);
	s->helo = NULL;
	s->login = login_of_peer(s);
	session_tenant(s, s->host_tenant);
	s->esmtp = s->logged_in = false;
}

static void
login_keep(struct session *s, struct span name)
{
	login_name_forget(s);
	s->login_name = strndup(name.p, name.n);
	if (s->login_name == NULL)
		fatal("out of memory for a login");
}

static void
logged_in(struct session *s, const struct tenant *t)
{
	session_tenant(s, t);
	s->logged_in = true;
	free(s->login);
	s->login = s->login_name;
	s->login_name = NULL;
	reply(s, "235 2.7.0 welcome");
	log_begin(LOG_LEVEL_INFO, "login");
	log_kvs("login", s->login);
	log_kvs("tenant", t->name);
	log_kvs("client", s->client);
	log_end();
}

static void
on_answer(void *ctx, uint16_t code, struct span text)
{
	struct session *s = ctx;
	const struct tenant *t = code == 0 ? policy_tenant(s->worker->policy, text) : NULL;

	session_go(s, AWAIT_COMMAND);
	if (code != 0)
		refuse(s, "AUTH", "%u %.*s", code, SPAN(text));
	else if (t == NULL)
		refuse(s, "AUTH", "535 5.7.8 the login's tenant is not configured");
	else
		logged_in(s, t);
	login_name_forget(s);
	session_resume(s);
}

static void
ask(struct session *s, struct span login, struct span password)
{
	if (!sasl_fits(login, password)) {
		session_go(s, AWAIT_COMMAND);
		refuse(s, "AUTH", "535 5.7.8 login or password is wrong");
		return;
	}
	if (s->login_name == NULL)
		login_keep(s, login);
	session_go(s, AWAIT_AUTH);
	auth_client_ask(
	    s->worker->auth, login, password, span_str(s->client), &s->waiter, on_answer, s);
}

static void
response(struct session *s, struct span message)
{
	struct span login, password;

	if (s->mechanism == MECHANISM_PLAIN) {
		if (sasl_plain(message, &login, &password) == 0) {
			ask(s, login, password);
			return;
		}
		session_go(s, AWAIT_COMMAND);
		refuse(s, "AUTH", "535 5.7.8 PLAIN needs a login and a password");
	} else if (s->login_name == NULL) {
		login_keep(s, message);
		reply(s, "334 UGFzc3dvcmQ6"); /* Password: */
	} else
		ask(s, span_str(s->login_name), message);
}

void
on_login_line(struct session *s, struct span line)
{
	struct buf message;

	if (span_is(line, "*")) {
		login_name_forget(s);
		session_go(s, AWAIT_COMMAND);
		refuse(s, "AUTH", "501 5.7.0 cancelled");
		return;
	}
	buf_init(&message, SASL_BYTES);
	if (sasl_decode(line, &message) == -1) {
		login_name_forget(s);
		session_go(s, AWAIT_COMMAND);
		refuse(s, "AUTH", "501 5.5.2 no base64");
	} else
		response(s, buf_all(&message));
	if (message.p != NULL)
		explicit_bzero(message.p, message.cap);
	buf_free(&message);
}

/* -1: refused. */
static int
in_order(struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	if (c->auth == LISTENER_AUTH_NONE)
		refuse(s, "AUTH", "502 5.5.1 logins are not taken here");
	else if (s->ssl == NULL && !c->auth_without_tls)
		refuse(s, "AUTH", "538 5.7.11 logins need TLS");
	else if (s->helo == NULL || s->tx != NULL || s->logged_in)
		refuse(s, "AUTH", "503 5.5.1 AUTH comes once, after EHLO and before MAIL");
	else
		return 0;
	return -1;
}

void
on_auth(struct session *s, struct span args)
{
	struct span initial, word = span_word(args, &initial);

	if (in_order(s) == -1)
		return;
	if (span_is_nocase(word, "PLAIN"))
		s->mechanism = MECHANISM_PLAIN;
	else if (span_is_nocase(word, "LOGIN"))
		s->mechanism = MECHANISM_LOGIN;
	else {
		refuse(s, "AUTH", "504 5.5.4 PLAIN and LOGIN are known");
		return;
	}
	login_name_forget(s);
	session_go(s, AWAIT_LOGIN);
	initial = span_trim(initial);
	if (initial.n > 0)
		on_login_line(s, initial);
	else
		reply(s, "334 %s", s->mechanism == MECHANISM_PLAIN ? "" : "VXNlcm5hbWU6");
}
