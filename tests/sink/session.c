#include "session.h"
#include "buf.h"
#include "err.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_MAX_BYTES = 65536, CONTENT_MAX_BYTES = 256 << 20, ARENA_BYTES = 16 << 20 };

struct session {
	struct session_world *world;
	struct provider *provider;
	struct bufferevent *bev;
	struct event *pause; /* until a slow answer leaves */
	struct arena *arena; /* of one message */
	struct buf line, out, helo, from, recipients, said, content;
	const char *final; /* what a recipient wants as the answer to the final dot */
	const char *at_data;
	char client[80];
	uint64_t messages;
	bool tls, in_content, mail_given, paused, closing, broken, drop, hang;
	bool starting_tls;
};

static void
session_free(struct session *s)
{
	s->provider->open--;
	bufferevent_free(s->bev);
	event_free(s->pause);
	arena_free(s->arena);
	buf_free(&s->line);
	buf_free(&s->out);
	buf_free(&s->helo);
	buf_free(&s->from);
	buf_free(&s->recipients);
	buf_free(&s->said);
	buf_free(&s->content);
	free(s);
}

static const char *
tls_name(const struct session *s)
{
	return s->tls ? SSL_get_version(bufferevent_openssl_get_ssl(s->bev)) : "";
}

static struct store_mail
facts(const struct session *s)
{
	return (struct store_mail){ .provider = s->provider->name,
		.client = s->client,
		.tls = tls_name(s),
		.helo = buf_all(&s->helo),
		.from = buf_all(&s->from),
		.recipients = buf_all(&s->recipients),
		.said = buf_all(&s->said),
		.content = buf_all(&s->content) };
}

static void
send_out(struct session *s)
{
	if (s->out.n > 0)
		bufferevent_write(s->bev, s->out.p, s->out.n);
	buf_reset(&s->out);
}

static void
answer(struct session *s, const char *reply)
{
	struct timeval wait = { (time_t)(s->provider->slow_ms / 1000),
		(suseconds_t)(s->provider->slow_ms % 1000 * 1000) };

	buf_str(&s->out, reply);
	buf_str(&s->out, "\r\n");
	if (span_starts(span_str(reply), "421"))
		s->closing = true;
	if (s->provider->slow_ms == 0) {
		send_out(s);
		return;
	}
	s->paused = true;
	evtimer_add(s->pause, &wait);
}

/* Says no, and logs what was asked; 421 ends the connection too. */
static void
refuse(struct session *s, struct span command, const char *reply)
{
	struct store_mail m = facts(s);

	store_refused(s->world->store, &m, command, reply);
	answer(s, reply);
}

static void
clear_mail(struct session *s)
{
	buf_reset(&s->from);
	buf_reset(&s->recipients);
	buf_reset(&s->said);
	buf_reset(&s->content);
	arena_reset(s->arena);
	s->mail_given = s->drop = s->hang = false;
	s->final = s->at_data = NULL;
}

static struct span
argument(struct span line)
{
	struct span rest;

	span_cut(line, ' ', &rest);
	return span_trim(rest);
}

static struct span
address_in(struct span line)
{
	struct span rest;

	span_cut(line, '<', &rest);
	return span_cut(rest, '>', &rest);
}

static void
on_ehlo(struct session *s, struct span line)
{
	const struct provider *p = s->provider;

	clear_mail(s);
	buf_reset(&s->helo);
	buf_span(&s->helo, argument(line));
	buf_printf(&s->out, "250-%s.example\r\n", p->name);
	if (!p->no_pipelining)
		buf_str(&s->out, "250-PIPELINING\r\n");
	if (!p->no_8bitmime)
		buf_str(&s->out, "250-8BITMIME\r\n");
	if (p->dsn)
		buf_str(&s->out, "250-DSN\r\n");
	if (p->smtputf8)
		buf_str(&s->out, "250-SMTPUTF8\r\n");
	if (p->size_bytes > 0)
		buf_printf(&s->out, "250-SIZE %llu\r\n", (unsigned long long)p->size_bytes);
	if (!s->tls && (p->tls == PROVIDER_TLS_OFFER || p->tls == PROVIDER_TLS_REQUIRE))
		buf_str(&s->out, "250-STARTTLS\r\n");
	answer(s, "250 ENHANCEDSTATUSCODES");
}

static void
on_helo(struct session *s, struct span line)
{
	clear_mail(s);
	buf_reset(&s->helo);
	buf_span(&s->helo, argument(line));
	answer(s, "250 hello");
}

static bool
declared_too_big(const struct provider *p, struct span line)
{
	ptrdiff_t at = span_find_nocase(line, " SIZE=");
	struct span rest;
	uint64_t n;

	if (at < 0 || p->size_bytes == 0)
		return false;
	return span_u64(span_word(span_from(line, (size_t)at + 6), &rest), UINT64_MAX / 2, &n) ==
		   0 &&
	       n > p->size_bytes;
}

static void
remember_said(struct session *s, struct span line)
{
	buf_span(&s->said, line);
	buf_byte(&s->said, '\n');
}

static void
on_mail(struct session *s, struct span line)
{
	const char *no;

	if (s->mail_given) {
		refuse(s, line, "503 5.5.1 one MAIL at a time");
		return;
	}
	clear_mail(s);
	buf_span(&s->from, address_in(line));
	if (s->provider->tls == PROVIDER_TLS_REQUIRE && !s->tls)
		no = "530 5.7.0 must issue a STARTTLS command first";
	else if (declared_too_big(s->provider, line))
		no = "552 5.3.4 message too big";
	else
		no = provider_at_mail(s->provider, s->messages, (uint64_t)time(NULL));
	if (no != NULL) {
		refuse(s, line, no);
		return;
	}
	s->mail_given = true;
	remember_said(s, line);
	answer(s, "250 2.1.0 ok");
}

static void
remember_wishes(struct session *s, struct span to)
{
	const char *final = provider_wish(to, "dot-", s->arena);
	const char *data = provider_wish(to, "data-", s->arena);

	s->final = final == NULL ? s->final : final;
	s->at_data = data == NULL ? s->at_data : data;
	s->drop = s->drop || span_starts_nocase(to, "drop@");
	s->hang = s->hang || span_starts_nocase(to, "hang@");
}

static void
on_rcpt(struct session *s, struct span line)
{
	struct span to = address_in(line);
	const char *no =
	    s->mail_given ? provider_at_rcpt(s->provider, to, s->arena) : "503 5.5.1 MAIL first";

	if (no != NULL) {
		refuse(s, line, no);
		return;
	}
	remember_wishes(s, to);
	buf_span(&s->recipients, to);
	buf_byte(&s->recipients, '\n');
	remember_said(s, line);
	answer(s, "250 2.1.5 ok");
}

static void
on_data(struct session *s, struct span line)
{
	const char *no = s->provider->data != NULL ? s->provider->data : s->at_data;

	if (s->recipients.n == 0)
		no = "554 5.5.1 no valid recipients";
	if (no != NULL) {
		refuse(s, line, no);
		return;
	}
	s->in_content = true;
	answer(s, "354 go ahead");
}

static void
on_rset(struct session *s, struct span line)
{
	(void)line;
	clear_mail(s);
	answer(s, "250 2.0.0 ok");
}

static void
on_noop(struct session *s, struct span line)
{
	(void)line;
	answer(s, "250 2.0.0 ok");
}

static void
on_quit(struct session *s, struct span line)
{
	(void)line;
	answer(s, "221 2.0.0 bye");
	s->closing = true;
}

static void
on_starttls(struct session *s, struct span line)
{
	bool offered =
	    s->provider->tls == PROVIDER_TLS_OFFER || s->provider->tls == PROVIDER_TLS_REQUIRE;

	if (s->tls || !offered) {
		refuse(s, line, "502 5.5.1 not offered");
		return;
	}
	answer(s, "220 2.0.0 go ahead");
	s->starting_tls = true;
}

static const struct {
	const char *verb;
	void (*run)(struct session *, struct span line);
} verbs[] = {
	{ "EHLO ", on_ehlo },
	{ "HELO ", on_helo },
	{ "MAIL FROM:", on_mail },
	{ "RCPT TO:", on_rcpt },
	{ "DATA", on_data },
	{ "RSET", on_rset },
	{ "NOOP", on_noop },
	{ "QUIT", on_quit },
	{ "STARTTLS", on_starttls },
};

static void
on_command(struct session *s, struct span line)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (span_starts_nocase(line, verbs[i].verb)) {
			verbs[i].run(s, line);
			return;
		}
	refuse(s, line, "500 5.5.2 unknown command");
}

static const char *
verdict(const struct session *s)
{
	if (buf_over(&s->content))
		return "552 5.3.4 message too big";
	if (s->provider->size_bytes > 0 && s->content.n > s->provider->size_bytes)
		return "552 5.3.4 message too big";
	return s->final != NULL ? s->final : s->provider->dot;
}

static void
on_final_dot(struct session *s)
{
	const char *no = verdict(s);
	struct store_mail m = facts(s);

	s->in_content = false;
	s->messages++;
	if (s->hang) {
		s->paused = true;
		return;
	}
	s->broken = s->provider->drop_dot;
	if (s->broken)
		return;
	if (no != NULL)
		refuse(s, SPAN_LIT("."), no);
	else {
		store_add(s->world->store, &m);
		answer(s, "250 2.0.0 taken");
	}
	clear_mail(s);
}

static void
on_content(struct session *s, struct span line)
{
	if (span_is(line, ".")) {
		on_final_dot(s);
		return;
	}
	buf_span(&s->content, span_starts(line, ".") ? span_from(line, 1) : line);
	buf_str(&s->content, "\r\n");
	if (s->drop || (s->provider->drop_bytes > 0 && s->content.n > s->provider->drop_bytes))
		s->broken = true;
}

/* The next line without its CRLF; false when there is none yet. A lone LF does not end one. */
static bool
take_line(struct session *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);
	size_t eol_n;
	struct evbuffer_ptr at = evbuffer_search_eol(in, NULL, &eol_n, EVBUFFER_EOL_CRLF_STRICT);
	char *room;

	buf_reset(&s->line);
	if (at.pos < 0) {
		s->broken = evbuffer_get_length(in) > LINE_MAX_BYTES;
		return false;
	}
	room = at.pos == 0 ? NULL : buf_room(&s->line, (size_t)at.pos);
	if (at.pos > 0 && room == NULL) {
		s->broken = true;
		return false;
	}
	if (at.pos > 0)
		buf_grew(&s->line, (size_t)evbuffer_remove(in, room, (size_t)at.pos));
	evbuffer_drain(in, eol_n);
	return true;
}

static void bev_callbacks(struct session *);

/* What came before the handshake does not count (RFC 3207 4.2). */
static void
begin_tls(struct session *s)
{
	SSL *ssl = SSL_new(s->world->tls);
	struct evbuffer *in = bufferevent_get_input(s->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	s->starting_tls = false;
	s->bev = bufferevent_openssl_filter_new(s->world->base, s->bev, ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	s->tls = true;
	clear_mail(s);
	bev_callbacks(s);
}

/* Under TLS the last answer may still wait in the socket's own buffer. */
static bool
all_written(struct session *s)
{
	struct bufferevent *below = bufferevent_get_underlying(s->bev);

	if (evbuffer_get_length(bufferevent_get_output(s->bev)) > 0)
		return false;
	return below == NULL || evbuffer_get_length(bufferevent_get_output(below)) == 0;
}

static void
finish_close(struct session *s)
{
	struct timeval soon = { 0, 10000 };

	if (all_written(s))
		session_free(s);
	else
		evtimer_add(s->pause, &soon);
}

static void
advance(struct session *s)
{
	while (!s->paused && !s->closing && !s->broken && !s->starting_tls && take_line(s))
		if (s->in_content)
			on_content(s, buf_all(&s->line));
		else
			on_command(s, buf_all(&s->line));
	if (s->broken)
		session_free(s);
	else if (s->starting_tls && !s->paused)
		begin_tls(s);
	else if (s->closing && !s->paused)
		finish_close(s);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	advance(arg);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct session *s = arg;

	(void)bev;
	if (s->closing && !s->paused)
		finish_close(s);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		session_free(arg);
}

static void
on_pause_over(int fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	s->paused = false;
	send_out(s);
	advance(s);
}

static void
bev_callbacks(struct session *s)
{
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

static void
buffers_init(struct session *s)
{
	buf_init(&s->line, LINE_MAX_BYTES);
	buf_init(&s->out, LINE_MAX_BYTES);
	buf_init(&s->helo, 1024);
	buf_init(&s->from, 1024);
	buf_init(&s->recipients, 16 << 20);
	buf_init(&s->said, 16 << 20);
	buf_init(&s->content, CONTENT_MAX_BYTES);
}

static void
greet(struct session *s)
{
	struct provider *p = s->provider;

	if (p->connections > 0 && p->open > p->connections)
		refuse(s, SPAN_LIT("connect"), "421 4.7.0 too many connections from you");
	else if (p->greeting != NULL)
		refuse(s, SPAN_LIT("connect"), p->greeting);
	else {
		char *hello = arena_printf(s->arena, "220 %s.example ESMTP", p->name);

		answer(s, hello);
	}
}

static struct bufferevent *
bev_for(struct session_world *world, struct provider *p, int fd)
{
	if (p->tls != PROVIDER_TLS_IMPLICIT)
		return bufferevent_socket_new(world->base, fd, BEV_OPT_CLOSE_ON_FREE);
	return bufferevent_openssl_socket_new(
	    world->base, fd, SSL_new(world->tls), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

void
session_start(struct session_world *world, struct provider *p, int fd, const char *client)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory");
	s->world = world;
	s->provider = p;
	s->tls = p->tls == PROVIDER_TLS_IMPLICIT;
	s->bev = bev_for(world, p, fd);
	s->pause = evtimer_new(world->base, on_pause_over, s);
	s->arena = arena_new(ARENA_BYTES);
	if (s->bev == NULL || s->pause == NULL)
		fatal("out of memory");
	snprintf(s->client, sizeof(s->client), "%s", client);
	buffers_init(s);
	p->open++;
	bev_callbacks(s);
	greet(s);
}
