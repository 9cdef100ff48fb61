#include "session_inside.h"

#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
may_login(const struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	return c->auth != LISTENER_AUTH_NONE && (s->ssl != NULL || c->auth_without_tls);
}

static void
helo_keep(struct session *s, struct span name)
{
	free(s->helo);
	s->helo = strndup(name.p, name.n);
	if (s->helo == NULL)
		fatal("out of memory for a name");
}

/* RFC 5321 4.1.4: EHLO and HELO begin anew, as RSET does. -1: refused. */
static int
introduced(struct session *s, const char *verb, struct span name)
{
	if (!command_helo_ok(name)) {
		refuse(s, verb, "501 5.5.4 %s needs your name", verb);
		return -1;
	}
	transaction_end(s);
	helo_keep(s, name);
	return 0;
}

void
on_ehlo(struct session *s, struct span name)
{
	if (introduced(s, "EHLO", name) == -1)
		return;
	s->esmtp = true;
	reply(s, "250-%s", s->worker->hostname);
	reply(s, "250-PIPELINING");
	reply(s, "250-SIZE %llu", (unsigned long long)s->listener->conf.max_size_bytes);
	reply(s, "250-8BITMIME");
	reply(s, "250-DSN");
	if (s->listener->conf.smtputf8)
		reply(s, "250-SMTPUTF8");
	if (s->listener->conf.tls == LISTENER_TLS_STARTTLS && s->ssl == NULL)
		reply(s, "250-STARTTLS");
	if (may_login(s) && !s->logged_in)
		reply(s, "250-AUTH PLAIN LOGIN");
	reply(s, "250 ENHANCEDSTATUSCODES");
}

void
on_helo(struct session *s, struct span name)
{
	if (introduced(s, "HELO", name) == -1)
		return;
	s->esmtp = false;
	reply(s, "250 %s", s->worker->hostname);
}

void
on_starttls(struct session *s, struct span args)
{
	if (args.n > 0)
		refuse(s, "STARTTLS", "501 5.5.4 STARTTLS takes no argument");
	else if (s->listener->conf.tls != LISTENER_TLS_STARTTLS || s->ssl != NULL)
		refuse(s, "STARTTLS", "503 5.5.1 TLS is not offered here, or spoken already");
	else {
		session_anew(s);
		reply(s, "220 2.0.0 go ahead");
		session_go(s, AWAIT_TLS); /* the handshake begins once the reply has left */
	}
}

void
on_rset(struct session *s, struct span args)
{
	if (args.n > 0) {
		refuse(s, "RSET", "501 5.5.4 RSET takes no argument");
		return;
	}
	transaction_end(s);
	reply(s, "250 2.0.0 ok");
}

void
on_noop(struct session *s, struct span args)
{
	(void)args;
	reply(s, "250 2.0.0 ok");
}

/* RFC 5321 3.5.3 and 7.3: who exists is told to nobody. */
void
on_vrfy(struct session *s, struct span args)
{
	(void)args;
	reply(s, "252 2.5.0 send it and see");
}

void
on_help(struct session *s, struct span args)
{
	(void)args;
	reply(s, "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT STARTTLS AUTH");
}

void
on_quit(struct session *s, struct span args)
{
	(void)args;
	reply(s, "221 2.0.0 goodbye");
	session_hang_up(s);
}

void
on_unknown(struct session *s, struct span word)
{
	refuse(s, "unknown", "500 5.5.2 unknown command \"%.*s\"", SPAN(span_first(word, 40)));
}
