/* EHLO and HELO, STARTTLS, and the small commands (RFC 5321 4.1.1, RFC 3207). */
#include "session_inside.h"

#include <stdlib.h>
#include <string.h>

static void
named(struct session *s, struct span name, bool esmtp)
{
	transaction_end(s); /* RFC 5321 4.1.4: EHLO is RSET too */
	free(s->helo);
	s->helo = strndup(name.p, name.n);
	s->esmtp = esmtp;
}

static bool
auth_offered(const struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	return c->auth != LISTENER_AUTH_NONE && !s->logged_in &&
	       (s->ssl != NULL || c->auth_without_tls);
}

void
on_ehlo(struct session *s, struct span args)
{
	const struct listener_conf *c = &s->listener->conf;

	if (!command_helo_ok(args)) {
		refuse(s, "EHLO", "501 5.5.4 EHLO needs a host name");
		return;
	}
	named(s, args, true);
	reply(s, "250-%s", s->worker->hostname);
	reply(s, "250-PIPELINING");
	reply(s, "250-SIZE %llu", (unsigned long long)c->max_size_bytes);
	reply(s, "250-8BITMIME");
	reply(s, "250-DSN");
	if (s->listener->tls != NULL && s->ssl == NULL)
		reply(s, "250-STARTTLS");
	if (auth_offered(s))
		reply(s, "250-AUTH PLAIN LOGIN");
	reply(s, "250 ENHANCEDSTATUSCODES");
}

void
on_helo(struct session *s, struct span args)
{
	if (!command_helo_ok(args)) {
		refuse(s, "HELO", "501 5.5.4 HELO needs a host name");
		return;
	}
	named(s, args, false);
	reply(s, "250 %s", s->worker->hostname);
}

/* What the client said before the handshake was anybody's word: all of it is forgotten (RFC 3207 4.2). */
void
on_starttls(struct session *s, struct span args)
{
	if (args.n > 0) {
		refuse(s, "STARTTLS", "501 5.5.4 STARTTLS takes no arguments");
		return;
	}
	if (s->listener->tls == NULL || s->ssl != NULL) {
		refuse(s, "STARTTLS",
		    s->ssl != NULL ? "503 5.5.1 TLS is on already" : "502 5.5.1 no TLS here");
		return;
	}
	reply(s, "220 2.0.0 ready for TLS");
	if (wire_flush(s) == -1 || s->out.n > 0) {
		session_hang_up(s);
		return;
	}
	transaction_end(s);
	free(s->helo);
	s->helo = NULL;
	s->esmtp = false;
	s->ssl = tls_accept(s->listener->tls, s->fd);
	session_go(s, AWAIT_TLS);
}

void
on_rset(struct session *s, struct span args)
{
	(void)args;
	transaction_end(s);
	reply(s, "250 2.0.0 ok");
}

void
on_noop(struct session *s, struct span args)
{
	(void)args;
	reply(s, "250 2.0.0 ok");
}

void
on_vrfy(struct session *s, struct span args)
{
	if (args.n == 0)
		refuse(s, "VRFY", "501 5.5.4 VRFY needs an address");
	else
		reply(s, "252 2.5.0 send some mail, it will be tried");
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
	reply(s, "221 2.0.0 %s bye", s->worker->hostname);
	session_hang_up(s);
}

void
on_unknown(struct session *s, struct span args)
{
	(void)args;
	refuse(s, "unknown", "500 5.5.1 no such command");
}
