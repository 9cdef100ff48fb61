#include "session_inside.h"
#include "clients.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_STOP = 16 * 1024, OUT_MAX = 128 * 1024 };

static size_t on_line(struct session *, struct span);

enum timeout { TIMEOUT_COMMAND, TIMEOUT_DATA, TIMEOUT_TLS };

/* input: takes what it can of what the client sent, 0: needs more; NULL: the client must wait. */
static const struct {
	const char *name;
	size_t (*input)(struct session *, struct span);
	enum timeout timeout;
	const char *late; /* the last reply when the time is over */
} states[STATES] = {
	[AWAIT_TLS] = { "tls", NULL, TIMEOUT_TLS, NULL },
	[AWAIT_COMMAND] = { "command", on_line, TIMEOUT_COMMAND,
	    "421 4.4.2 no command came in time (timeout-command)" },
	[AWAIT_LOGIN] = { "login", on_line, TIMEOUT_COMMAND,
	    "421 4.4.2 no command came in time (timeout-command)" },
	[AWAIT_CONTENT] = { "content", on_content, TIMEOUT_DATA,
	    "421 4.4.2 no content came in time (timeout-data, min-rate)" },
	[AWAIT_AUTH] = { "auth", NULL, TIMEOUT_COMMAND, "421 4.3.0 the login took too long" },
	[AWAIT_DRAFT] = { "draft", NULL, TIMEOUT_COMMAND, "421 4.3.0 the queue does not answer" },
	[AWAIT_ANSWER] = { "answer", NULL, TIMEOUT_COMMAND, "421 4.3.0 the queue does not answer" },
	[AWAIT_ACK] = { "ack", NULL, TIMEOUT_COMMAND, "421 4.3.0 the queue does not answer" },
	[AWAIT_LEAVE] = { "leave", NULL, TIMEOUT_TLS, NULL },
};

/* ---- replies ---- */

static void
refused_log(const struct session *s, const char *command, const char *text)
{
	struct span t = span_str(text), status, why;

	(void)span_word(t, &why);
	status = span_word(why, &why);
	log_begin(LOG_LEVEL_INFO, "refused");
	log_num("session", s->number);
	log_kvs("client", s->client);
	log_kvs("listener", s->listener->conf.name);
	log_kvs("command", command);
	log_kv("status", status);
	log_kv("why", span_trim(why));
	if (s->mail_said.n > 0) /* MAIL, before it was read */
		log_kv("said", s->mail_said);
	else if (s->tx != NULL)
		log_address("from", s->tx->env.from);
	log_end();
}

/* Texts of other processes and of clients may stand in a reply: nothing in them ends its line. */
static void
line_out(struct session *s, const char *text)
{
	size_t from = s->out.n;

	buf_str(&s->out, text);
	for (size_t i = from; i < s->out.n; i++)
		if ((unsigned char)s->out.p[i] < ' ' || s->out.p[i] == 127)
			s->out.p[i] = '?';
	buf_add(&s->out, "\r\n", 2);
}

void
reply(struct session *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line_out(s, text);
}

/* What is our want (4yz: memory, recipients at once, the queue) is no error of the client's, nor is it one that a tenant's list
 * names people who cannot have its mail. A password always is. */
static bool
is_error(const struct session *s, const char *command, const char *text)
{
	if (strcmp(command, "AUTH") == 0)
		return true;
	if (strcmp(command, "RCPT") == 0 && s->tenant != NULL && strncmp(text, "55", 2) == 0)
		return false;
	return text[0] != '4';
}

void
refuse(struct session *s, const char *command, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line_out(s, text);
	refused_log(s, command, text);
	s->errors += is_error(s, command, text);
	if (s->errors < s->listener->conf.max_errors || s->state == AWAIT_LEAVE)
		return;
	line_out(s, "421 4.7.0 too many errors (max-errors)");
	session_hang_up(s);
}

/* ---- time ---- */

static uint64_t
timeout_ms(const struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	switch (states[s->state].timeout) {
	case TIMEOUT_DATA:
		return c->timeout_data_ms;
	case TIMEOUT_TLS:
		return c->timeout_tls_ms;
	default:
		return c->timeout_command_ms;
	}
}

/* A byte now and then keeps nobody here: what has come buys the time it may take at min-rate. */
static uint64_t
content_ends_ms(const struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	return s->tx->content_began_ms + c->timeout_data_ms +
	       s->tx->content_bytes * 1000 / c->min_rate;
}

/* Nor does who sends on and reads nothing of what he is answered: his replies are to leave as soon as a command is to come. */
static uint64_t
unread_ends_ms(const struct session *s)
{
	return s->unread_since_ms + s->listener->conf.timeout_command_ms;
}

/* The timer is set anew only when it would fire too late; when it fires early it looks at the deadline again. */
static void
touch(struct session *s)
{
	uint64_t now = loop_now_ms();

	s->deadline_ms = now + timeout_ms(s);
	if (s->state == AWAIT_CONTENT && s->deadline_ms > content_ends_ms(s))
		s->deadline_ms = content_ends_ms(s);
	if (s->unread_since_ms != 0 && s->deadline_ms > unread_ends_ms(s))
		s->deadline_ms = unread_ends_ms(s);
	if (s->deadline_ms > s->session_ends_ms)
		s->deadline_ms = s->session_ends_ms;
	if (s->timer_at_ms != 0 && s->timer_at_ms <= s->deadline_ms)
		return;
	s->timer_at_ms = s->deadline_ms;
	timer_set_ms(s->timer, s->deadline_ms > now ? s->deadline_ms - now : 0);
}

static void
late(struct session *s)
{
	const char *text = states[s->state].late;

	if (loop_now_ms() >= s->session_ends_ms)
		text = "421 4.4.2 the session lasted too long (timeout-session)";
	if (states[s->state].late == NULL || s->out.n > 0) {
		refused_log(s, states[s->state].name, "421 4.4.2 too slow");
		session_close(s);
		return;
	}
	line_out(s, text);
	refused_log(s, states[s->state].name, text);
	session_hang_up(s);
	(void)wire_flush(s);
	session_close(s);
}

static void
on_timer(void *ctx)
{
	struct session *s = ctx;
	uint64_t now = loop_now_ms();

	if (now >= s->deadline_ms) {
		late(s);
		return;
	}
	s->timer_at_ms = s->deadline_ms;
	timer_set_ms(s->timer, s->deadline_ms - now);
}

void
session_go(struct session *s, enum state next)
{
	if (s->state == AWAIT_LEAVE)
		return;
	log_debug("state", "session=%llu state=%s next=%s", (unsigned long long)s->number,
	    states[s->state].name, states[next].name);
	s->state = next;
	touch(s);
}

void
session_hang_up(struct session *s)
{
	session_go(s, AWAIT_LEAVE);
}

/* ---- the driver ---- */

static const struct {
	void (*on)(struct session *, struct span);
} verbs[VERBS] = {
	[VERB_UNKNOWN] = { on_unknown },
	[VERB_EHLO] = { on_ehlo },
	[VERB_HELO] = { on_helo },
	[VERB_MAIL] = { on_mail },
	[VERB_RCPT] = { on_rcpt },
	[VERB_DATA] = { on_data },
	[VERB_RSET] = { on_rset },
	[VERB_NOOP] = { on_noop },
	[VERB_QUIT] = { on_quit },
	[VERB_VRFY] = { on_vrfy },
	[VERB_HELP] = { on_help },
	[VERB_AUTH] = { on_auth },
	[VERB_STARTTLS] = { on_starttls },
	[VERB_EXPN] = { on_vrfy },
};

static void
on_whole_line(struct session *s, struct span line)
{
	struct command c;

	if (s->state == AWAIT_LOGIN) {
		on_login_line(s, line);
		return;
	}
	c = command_read(line);
	verbs[c.verb].on(s, c.verb == VERB_UNKNOWN ? c.word : c.args);
}

/* A browser or another program that does not speak SMTP, maybe sent here by a page: none of what follows is a command. */
static void
end_of_another(struct session *s)
{
	session_go(s, AWAIT_COMMAND);
	refuse(s, "line", "500 5.5.2 this is SMTP, goodbye");
	session_hang_up(s);
}

static void
bad_line(struct session *s, const char *reply)
{
	session_go(s, AWAIT_COMMAND);
	refuse(s, "line", "%s", reply);
}

static size_t
on_line(struct session *s, struct span in)
{
	bool login = s->state == AWAIT_LOGIN;
	struct span text;
	size_t n;
	enum line_step step = line_take(&s->line, in, login, &text, &n);

	if (step != LINE_SKIPPED && !login && command_is_foreign(text, step != LINE_MORE)) {
		end_of_another(s);
		return in.n;
	}
	switch (step) {
	case LINE_WHOLE:
		on_whole_line(s, text);
		break;
	case LINE_LONG:
		bad_line(s, "500 5.5.2 line is too long");
		break;
	case LINE_UNCLEAN:
		bad_line(s, "500 5.5.2 lines end in CRLF, and hold no bare CR or LF");
		break;
	case LINE_MORE:
	case LINE_SKIPPED:
		break;
	}
	return n;
}

static bool
takes_input(const struct session *s)
{
	return !s->ended && states[s->state].input != NULL && s->out.n < OUT_STOP;
}

/* What was not taken. STARTTLS takes all there is: what came before the handshake is nobody's word (RFC 3207 4.2). */
static struct span
consume(struct session *s, struct span in)
{
	s->running = true;
	while (in.n > 0 && takes_input(s)) {
		size_t n = states[s->state].input(s, in);

		if (n == 0)
			break;
		if (!s->line.skipping) /* a line without an end is no progress */
			touch(s);
		in = s->state == AWAIT_TLS ? span_from(in, in.n) : span_from(in, n);
	}
	s->running = false;
	return in;
}

static void
keep_rest(struct session *s, struct span rest)
{
	if (rest.n == 0)
		buf_free(&s->in);
	else {
		buf_reset(&s->in);
		buf_span(&s->in, rest);
	}
}

static void session_free(struct session *);

static void
unread(struct session *s)
{
	if (s->out.n == 0)
		s->unread_since_ms = 0;
	else if (s->unread_since_ms == 0) {
		s->unread_since_ms = loop_now_ms();
		touch(s);
	}
}

/* After a round: replies leave together. true: the session is no more. */
static bool
settle(struct session *s)
{
	if (!s->ended && wire_flush(s) == -1)
		s->ended = true;
	unread(s);
	if (s->state == AWAIT_LEAVE && s->out.n == 0)
		s->ended = true;
	if (s->ended) {
		session_free(s);
		return true;
	}
	if (s->paused && (takes_input(s) || (s->state == AWAIT_TLS && s->ssl != NULL))) {
		s->paused = false;
		event_add(&s->ev_read, NULL);
	}
	return false;
}

/* What is left over goes in front of what is read now, all in the worker's scratch. false: the session is no more. */
static bool
read_some(struct session *s)
{
	char *scratch = s->worker->scratch;
	size_t had = s->in.n;
	ssize_t n;

	must(had < SCRATCH_BYTES);
	if (had > 0)
		memcpy(scratch, s->in.p, had);
	n = wire_read(s, scratch + had, SCRATCH_BYTES - had);
	if (n == -1) {
		session_close(s);
		return false;
	}
	if (n > 0)
		keep_rest(s, consume(s, span_of(scratch, had + (size_t)n)));
	return !settle(s);
}

/* What was left over while the session waited, or because too many replies had gathered. false: the session is no more. */
static bool
rest_run(struct session *s)
{
	size_t had, left = s->in.n;

	do {
		struct buf in = s->in;

		had = left;
		buf_init(&s->in, in.max);
		keep_rest(s, consume(s, buf_all(&in)));
		left = s->in.n;
		buf_free(&in);
		if (settle(s))
			return false;
	} while (left > 0 && left < had && takes_input(s));
	return true;
}

static void
read_on(struct session *s)
{
	while (read_some(s)) {
		if (s->in.n > 0 && takes_input(s) && !rest_run(s))
			return;
		if (s->ssl == NULL || !takes_input(s) || !tls_pending(s->ssl))
			return;
	}
}

void
session_resume(struct session *s)
{
	if (s->running || !rest_run(s))
		return;
	if (s->ssl != NULL && takes_input(s))
		read_on(s);
}

static void
greet(struct session *s)
{
	reply(s, "220 %s ESMTP posthouse", s->worker->hostname);
	session_go(s, AWAIT_COMMAND);
}

static void
handshake(struct session *s)
{
	struct err err;

	switch (tls_handshake(s->ssl, &err)) {
	case TLS_DONE:
		log_debug("tls", "session=%llu version=%s", (unsigned long long)s->number,
		    tls_version(s->ssl));
		if (s->listener->conf.tls == LISTENER_TLS_IMPLICIT)
			greet(s);
		else
			session_go(s, AWAIT_COMMAND);
		if (!settle(s))
			read_on(s);
		break;
	case TLS_WANT_WRITE:
		event_add(&s->ev_write, NULL);
		break;
	case TLS_WANT_READ:
		break;
	case TLS_BROKEN:
		refused_log(s, "STARTTLS", "454 4.7.0 the handshake failed");
		log_debug(
		    "tls", "session=%llu why=\"%s\"", (unsigned long long)s->number, err.text);
		session_close(s);
		break;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct session *s = ctx;

	(void)fd;
	(void)what;
	if (s->state == AWAIT_TLS && s->ssl != NULL && s->out.n == 0)
		handshake(s);
	else if (takes_input(s))
		read_on(s);
	else { /* later; level-triggered, it would come again and again */
		event_del(&s->ev_read);
		s->paused = true;
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct session *s = ctx;

	(void)fd;
	(void)what;
	if (s->state == AWAIT_TLS && s->out.n == 0)
		handshake(s);
	else if (!settle(s) && s->out.n == 0)
		session_resume(s);
}

/* ---- beginning and end ---- */

void
session_new(struct listener *l, int fd, const struct ip *client, int slot)
{
	static uint64_t number; /* names sessions in the log */
	struct session *s = calloc(1, sizeof(*s));
	struct worker *w = l->worker;

	if (s == NULL)
		fatal("out of memory for a session");
	*s = (struct session){ .worker = w,
		.listener = l,
		.fd = fd,
		.slot = slot,
		.state = AWAIT_TLS,
		.number = ++number };
	ip_text(client, s->client);
	if (s->client[0] == '\0')
		snprintf(s->client, sizeof(s->client), "local");
	s->host_tenant = policy_client(w->policy, &l->conf, client);
	session_anew(s);
	s->session_ends_ms = loop_now_ms() + l->conf.timeout_session_ms;
	s->timer = timer_new(on_timer, s);
	buf_init(&s->in, SCRATCH_BYTES);
	buf_init(&s->out, OUT_MAX);
	event_assign(&s->ev_read, loop_base(), fd, EV_READ | EV_PERSIST, on_readable, s);
	event_assign(&s->ev_write, loop_base(), fd, EV_WRITE, on_writable, s);
	event_add(&s->ev_read, NULL);
	TAILQ_INSERT_TAIL(&w->sessions, s, link);
	w->sessions_n++;
	l->sessions_n++;
	log_debug("connected", "session=%llu client=%s listener=%s", (unsigned long long)s->number,
	    s->client, l->conf.name);
	touch(s);
	if (l->conf.tls == LISTENER_TLS_IMPLICIT)
		s->ssl = tls_accept(l->tls, fd);
	else
		greet(s);
	(void)settle(s);
}

static void
session_free(struct session *s)
{
	struct worker *w = s->worker;

	log_debug("closed", "session=%llu messages=%u errors=%u state=%s",
	    (unsigned long long)s->number, s->messages, s->errors, states[s->state].name);
	waiter_forget(&s->waiter);
	transaction_end(s);
	event_del(&s->ev_read);
	event_del(&s->ev_write);
	timer_free(s->timer);
	tls_free(s->ssl);
	close(s->fd);
	clients_left(w->clients, s->slot);
	buf_free(&s->in);
	buf_free(&s->out);
	free(s->helo);
	free(s->login);
	login_name_forget(s);
	s->listener->sessions_n--;
	TAILQ_REMOVE(&w->sessions, s, link);
	free(s);
	worker_left(w);
}

void
session_close(struct session *s)
{
	s->ended = true;
	if (!s->running)
		session_free(s);
}

void
session_abandon(struct session *s)
{
	if (s->state != AWAIT_TLS && s->out.n == 0) {
		line_out(s, "421 4.3.2 the service is stopping");
		(void)wire_flush(s);
	}
	session_close(s);
}

void
session_stop(struct session *s)
{
	if (s->tx == NULL && (s->state == AWAIT_COMMAND || s->state == AWAIT_TLS))
		session_abandon(s);
}
