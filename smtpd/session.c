#include "session_inside.h"
#include "clients.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OUT_BYTES = 256 * 1024,
	OUT_PAUSE_BYTES = 64 * 1024,
	IN_BYTES = SCRATCH_BYTES,
	READS_A_TURN = 4,
	ACK_WAIT_MS = 600000,
	LEAVE_WAIT_MS = 10000
};

static uint64_t sessions_counted; /* names sessions in the log */

static const struct {
	const char *name;
	bool reads; /* takes bytes of the client now */
} states[STATES] = {
	[AWAIT_TLS] = { "tls", false },
	[AWAIT_COMMAND] = { "command", true },
	[AWAIT_LOGIN] = { "login", true },
	[AWAIT_CONTENT] = { "content", true },
	[AWAIT_AUTH] = { "auth", false },
	[AWAIT_ANSWER] = { "answer", false },
	[AWAIT_ACK] = { "ack", false },
	[AWAIT_LEAVE] = { "leave", false },
};

static void (*const on_verb[VERBS])(struct session *, struct span) = {
	[VERB_UNKNOWN] = on_unknown,
	[VERB_EHLO] = on_ehlo,
	[VERB_HELO] = on_helo,
	[VERB_MAIL] = on_mail,
	[VERB_RCPT] = on_rcpt,
	[VERB_DATA] = on_data,
	[VERB_RSET] = on_rset,
	[VERB_NOOP] = on_noop,
	[VERB_QUIT] = on_quit,
	[VERB_VRFY] = on_vrfy,
	[VERB_HELP] = on_help,
	[VERB_AUTH] = on_auth,
	[VERB_STARTTLS] = on_starttls,
	[VERB_EXPN] = on_unknown,
};

/* ---- replies ---- */

void
reply(struct session *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 2, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(text) - 3)
		n = sizeof(text) - 3;
	memcpy(text + n, "\r\n", 2);
	buf_add(&s->out, text, (size_t)n + 2);
}

void
refuse(struct session *s, const char *command, const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply(s, "%s", text);
	log_begin(LOG_LEVEL_INFO, "refused");
	log_kvf("session", "%llu", (unsigned long long)s->number);
	log_kvs("client", s->client);
	log_kvs("command", command);
	log_kv("status", span_first(span_from(span_str(text), 4), 5));
	log_kv("why", span_trim(span_from(span_str(text), 10)));
	log_end();
	if (++s->errors < s->listener->conf.max_errors)
		return;
	reply(s, "421 4.7.0 %s too many refused commands (max-errors)", s->worker->hostname);
	session_hang_up(s);
}

/* ---- time ---- */

static uint64_t
wait_ms(const struct session *s)
{
	const struct listener_conf *c = &s->listener->conf;

	switch (s->state) {
	case AWAIT_TLS:
		return c->timeout_tls_ms;
	case AWAIT_CONTENT:
		return c->timeout_data_ms;
	case AWAIT_ACK:
	case AWAIT_AUTH:
	case AWAIT_ANSWER:
		return ACK_WAIT_MS;
	case AWAIT_LEAVE:
		return LEAVE_WAIT_MS;
	default:
		return c->timeout_command_ms;
	}
}

/* The timer is set anew only when it would fire too late: activity costs an assignment. */
static void
deadline_set(struct session *s)
{
	s->deadline_ms = loop_now_ms() + wait_ms(s);
	if (s->timer_at_ms != 0 && s->timer_at_ms <= s->deadline_ms)
		return;
	s->timer_at_ms = s->deadline_ms;
	timer_set_ms(s->timer, s->deadline_ms - loop_now_ms());
}

static void
on_timer(void *ctx)
{
	struct session *s = ctx;
	uint64_t now = loop_now_ms();

	s->timer_at_ms = 0;
	if (now < s->deadline_ms) {
		s->timer_at_ms = s->deadline_ms;
		timer_set_ms(s->timer, s->deadline_ms - now);
		return;
	}
	if (s->state != AWAIT_TLS && s->state != AWAIT_LEAVE)
		reply(s, "421 4.4.2 %s nothing came for too long (timeout-%s)", s->worker->hostname,
		    s->state == AWAIT_CONTENT ? "data" : "command");
	log_info("timeout", "session=%llu client=%s state=%s", (unsigned long long)s->number,
	    s->client, states[s->state].name);
	(void)wire_flush(s);
	session_close(s);
}

/* ---- states ---- */

void
session_go(struct session *s, enum state next)
{
	s->state = next;
	deadline_set(s);
}

void
session_hang_up(struct session *s)
{
	transaction_end(s);
	waiter_forget(&s->waiter);
	session_go(s, AWAIT_LEAVE);
}

bool
session_is_ended(const struct session *s)
{
	return s->ended;
}

static void
session_free(struct session *s)
{
	struct worker *w = s->worker;

	transaction_end(s);
	waiter_forget(&s->waiter);
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
	free(s->login_name);
	TAILQ_REMOVE(&w->sessions, s, link);
	s->listener->sessions_n--;
	log_debug("closed", "session=%llu client=%s messages=%u errors=%u",
	    (unsigned long long)s->number, s->client, s->messages, s->errors);
	free(s);
	worker_left(w);
}

/* Within the driver it is only marked: the driver frees it when it is out of everybody's hands. */
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
	session_close(s);
}

/* ---- lines ---- */

static bool
line_clean(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\r' || line.p[i] == '\0')
			return false;
	return true;
}

static void
line_take(struct session *s, struct span line, bool crlf)
{
	struct command c;

	if ((!crlf && !s->listener->conf.repair) || !line_clean(line)) {
		refuse(s, "line", "500 5.5.2 lines end in CRLF, and have no other CR, LF or NUL");
		return;
	}
	if (s->state == AWAIT_LOGIN) {
		on_login_line(s, line);
		return;
	}
	c = command_read(line);
	on_verb[c.verb](s, c.args);
}

/* A line that is too long is read to its end and refused once. */
static size_t
line_next(struct session *s, struct span in)
{
	uint32_t most = s->listener->conf.line_bytes;
	ptrdiff_t end = span_find(in, '\n');
	struct span line;
	bool crlf;

	if (end < 0 && in.n <= most)
		return 0;
	if (end < 0) {
		s->skipping = true;
		return in.n;
	}
	line = span_first(in, (size_t)end);
	crlf = line.n > 0 && line.p[line.n - 1] == '\r';
	line.n -= crlf;
	if (s->skipping || line.n > most)
		refuse(s, "line", "500 5.5.2 longer than %u octets (line-length)", most);
	else
		line_take(s, line, crlf);
	s->skipping = false;
	return (size_t)end + 1;
}

/* Takes what the state allows; the rest is kept. Dropped when TLS begins: it was not protected. */
static void
input_take(struct session *s, struct span in)
{
	size_t n = 1;

	while (n > 0 && in.n > 0 && states[s->state].reads && !s->ended &&
	       s->out.n < OUT_PAUSE_BYTES) {
		n = s->state == AWAIT_CONTENT ? on_content(s, in) : line_next(s, in);
		in = span_from(in, n);
	}
	if (s->state == AWAIT_TLS || s->state == AWAIT_LEAVE || s->ended)
		in.n = 0;
	if (in.n == 0) {
		buf_free(&s->in);
		return;
	}
	if (s->in.n > 0 && in.p >= s->in.p && in.p < s->in.p + s->in.n)
		buf_drop(&s->in, s->in.n - in.n);
	else {
		buf_reset(&s->in);
		buf_span(&s->in, in);
	}
}

/* ---- the driver ---- */

/* Out with the replies; then the session waits for the client, or for its replies to leave, or is at its end. */
static void
settle(struct session *s)
{
	if (!s->ended && s->state != AWAIT_TLS && wire_flush(s) == -1)
		s->ended = true;
	s->running = false;
	if (s->ended || (s->state == AWAIT_LEAVE && s->out.n == 0)) {
		session_free(s);
		return;
	}
	if (states[s->state].reads && s->out.n < OUT_PAUSE_BYTES)
		event_add(&s->ev_read, NULL);
	else if (s->state != AWAIT_TLS)
		event_del(&s->ev_read);
}

static void
read_some(struct session *s)
{
	char *scratch = s->worker->scratch;
	size_t kept = s->in.n;
	ssize_t n;

	must(kept < SCRATCH_BYTES);
	if (kept > 0)
		memcpy(scratch, s->in.p, kept);
	n = wire_read(s, scratch + kept, SCRATCH_BYTES - kept);
	if (n == -1) {
		s->ended = true;
		return;
	}
	if (n == 0)
		return;
	deadline_set(s);
	buf_reset(&s->in);
	input_take(s, span_of(scratch, kept + (size_t)n));
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
	bool implicit = s->listener->conf.tls == LISTENER_TLS_IMPLICIT;
	struct err err;

	switch (tls_handshake(s->ssl, &err)) {
	case TLS_WANT_READ:
		event_add(&s->ev_read, NULL);
		return;
	case TLS_WANT_WRITE:
		event_add(&s->ev_write, NULL);
		return;
	case TLS_BROKEN:
		log_begin(LOG_LEVEL_INFO, "tls-failed");
		log_kvs("client", s->client);
		log_kvs("why", err.text);
		log_end();
		s->ended = true;
		return;
	case TLS_DONE:
		break;
	}
	if (implicit)
		greet(s);
	else
		session_go(s, AWAIT_COMMAND);
}

static void
run(struct session *s, bool readable)
{
	s->running = true;
	if (s->state == AWAIT_TLS)
		handshake(s);
	else if (readable && states[s->state].reads)
		read_some(s);
	/* TLS may hold bytes that no event of the socket will announce. */
	for (unsigned i = 0;
	     i < READS_A_TURN && s->ssl != NULL && readable && !s->ended && states[s->state].reads;
	     i++)
		read_some(s);
	settle(s);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	run(ctx, true);
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct session *s = ctx;

	(void)fd;
	(void)what;
	if (s->state != AWAIT_TLS && s->in.n > 0)
		session_resume(s);
	else
		run(s, s->ssl != NULL);
}

void
session_resume(struct session *s)
{
	if (s->running)
		return;
	s->running = true;
	if (s->worker->stopping && s->state == AWAIT_COMMAND && s->tx == NULL) {
		reply(s, "421 4.3.2 %s is stopping", s->worker->hostname);
		session_hang_up(s);
	}
	if (s->in.n > 0)
		input_take(s, buf_all(&s->in));
	settle(s);
}

void
session_stop(struct session *s)
{
	if (s->tx == NULL)
		session_resume(s);
}

/* ---- life ---- */

static void
client_name(struct session *s, const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, s->client,
		    sizeof(s->client));
	else if (from->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, s->client,
		    sizeof(s->client));
	else
		snprintf(s->client, sizeof(s->client), "local");
}

void
session_new(struct listener *l, int fd, const struct sockaddr_storage *from, int slot)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a session");
	s->worker = l->worker;
	s->listener = l;
	s->fd = fd;
	s->slot = slot;
	s->number = ++sessions_counted;
	s->session_ends_ms = loop_now_ms() + l->conf.timeout_session_ms;
	s->tenant = policy_client(l->worker->policy, &l->conf, (const struct sockaddr *)from);
	client_name(s, from);
	buf_init(&s->in, IN_BYTES);
	buf_init(&s->out, OUT_BYTES);
	event_assign(&s->ev_read, loop_base(), fd, EV_READ | EV_PERSIST, on_readable, s);
	event_assign(&s->ev_write, loop_base(), fd, EV_WRITE, on_writable, s);
	s->timer = timer_new(on_timer, s);
	TAILQ_INSERT_TAIL(&l->worker->sessions, s, link);
	l->worker->sessions_n++;
	l->sessions_n++;
	if (l->conf.tls == LISTENER_TLS_IMPLICIT) {
		s->ssl = tls_accept(l->tls, fd);
		session_go(s, AWAIT_TLS);
	} else
		greet(s);
	run(s, false);
}
