#include "answer.h"
#include "connection.h"
#include "err.h"
#include "http_answer.h"
#include "loop.h"
#include "proxy_header.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

/* A wish that bouncd stores. It outlives its connection. */
struct exchange {
	struct connection *connection; /* NULL: gone */
	struct http_manner manner;
	size_t text_n;
	char text[ANSWER_FACTS_MAX];
};

const char *
exchange_date(struct server *s)
{
	uint64_t now_s = loop_wall_ms() / 1000;

	if (s->date_s != now_s)
		http_date(now_s * 1000, s->date);
	s->date_s = now_s;
	return s->date;
}

/* ---- the PROXY protocol ---- */

size_t
exchange_proxy(struct connection *c, struct span in)
{
	struct proxy_header h;

	switch (proxy_header_read(in, &h)) {
	case PROXY_MORE:
		return 0;
	case PROXY_BAD:
		refusals_note(REFUSED_PROXY, "header", &c->peer);
		connection_close(c);
		return in.n;
	case PROXY_READY:
		break;
	}
	if (h.client.family != AF_UNSPEC)
		c->peer = h.client;
	if (connection_admit(c))
		connection_enter(c, AWAIT_REQUEST);
	return h.bytes;
}

/* ---- answers ---- */

static void
answered(struct connection *c, const struct http_manner *m)
{
	c->answered = true;
	connection_dirty(c);
	connection_enter(c, m->keep ? AWAIT_REQUEST : LINGER);
}

static void
wait_end(struct exchange *x, enum answer_kind kind)
{
	struct connection *c = x->connection;

	x->manner.date = exchange_date(c->server);
	http_answer_put(&c->out, kind, span_of(x->text, x->text_n), &x->manner);
	c->exchange = NULL;
	c->more = c->in.n > 0;
	x->connection = NULL;
	answered(c, &x->manner);
}

static void
on_stored(void *ctx, bool stored)
{
	struct exchange *x = ctx;

	if (x->connection != NULL)
		wait_end(x, stored ? ANSWER_UNSUBSCRIBED : ANSWER_LATER);
	free(x);
}

void
exchange_late(struct connection *c)
{
	wait_end(c->exchange, ANSWER_LATER);
}

void
exchange_forget(struct connection *c)
{
	if (c->exchange != NULL)
		c->exchange->connection = NULL;
	c->exchange = NULL;
}

static void
wait_begin(struct connection *c, struct exchange *x, struct span text)
{
	x->text_n = text.n < sizeof(x->text) ? text.n : sizeof(x->text);
	memcpy(x->text, text.p == NULL ? "" : text.p, x->text_n);
	c->exchange = x;
	connection_enter(c, AWAIT_STORED);
}

/* ---- one request ---- */

static void
client_of(struct connection *c, const struct http_request *h, struct ip *client)
{
	struct server *s = c->server;
	struct client_fields f = { http_field_list(h, "Forwarded", s->list[0], sizeof(s->list[0])),
		http_field_list(h, "X-Forwarded-For", s->list[1], sizeof(s->list[1])) };

	client_find(s->conf.block, &c->peer, s->conf.field, f, client);
}

static bool
asks_too_often(struct connection *c, const struct ip *client)
{
	const struct web_conf *w = &c->server->conf;

	return !client_in(w->block, "exempt", client) &&
	       !client_in(w->block, "trusted-proxy", client) &&
	       !networks_asked(c->server->networks, client, loop_now_ms());
}

static void
decide(struct connection *c, const struct http_request *h, struct span body)
{
	struct http_manner m = { exchange_date(c->server), span_is(h->method, "HEAD"),
		h->keep && !c->server->stopping, h->minor == 0,
		page_language(http_field(h, "Accept-Language")) };
	struct exchange *x = calloc(1, sizeof(*x));
	struct span text = { NULL, 0 };
	struct ip client;
	struct web_request r;
	char name[INET6_ADDRSTRLEN];
	enum answer_kind kind;

	if (x == NULL)
		fatal("out of memory for a request");
	*x = (struct exchange){ .connection = c, .manner = m };
	client_of(c, h, &client);
	if (asks_too_often(c, &client)) {
		refusals_note(REFUSED_NETWORK_RATE, NULL, &client);
		http_refusal_put(&c->out, 429, &m);
		answered(c, &m);
		free(x);
		return;
	}
	request_read(h, body, &c->server->path, &r);
	ip_text(&client, name);
	r.client = span_str(name);
	kind = answer(&r, on_stored, x, &text);
	if (kind == ANSWER_WAIT) {
		wait_begin(c, x, text);
		return;
	}
	free(x);
	http_answer_put(&c->out, kind, text, &m);
	answered(c, &m);
}

static size_t
refuse(struct connection *c, unsigned status, const char *why, struct span in)
{
	enum refusal kind =
	    status == 413 || status == 414 || status == 431 ? REFUSED_TOO_LARGE : REFUSED_MALFORMED;

	connection_refuse(c, status, kind, why);
	return in.n;
}

static size_t
farewell_2(struct connection *c, struct span in)
{
	http_farewell_2_put(&c->out);
	connection_dirty(c);
	connection_enter(c, LINGER);
	return in.n;
}

size_t
exchange_body(struct connection *c, struct span in)
{
	struct span rest = span_from(in, c->head_bytes + c->body_bytes);
	size_t before = rest.n;
	enum http_step step = http_body_take(&c->body, &rest, &c->data);
	struct http_scan scan = { 0, 0 };
	struct http_request h;

	c->body_bytes += before - rest.n;
	if (step == HTTP_MORE)
		return 0;
	if (step == HTTP_REFUSED)
		return refuse(c, c->body.status, "body", in);
	must(http_head(span_first(in, c->head_bytes), &scan, &h) == HTTP_READY);
	decide(c, &h, buf_all(&c->data));
	buf_free(&c->data);
	return c->head_bytes + c->body_bytes;
}

static size_t
body_begin(struct connection *c, const struct http_request *h, struct span in)
{
	http_body_start(&c->body, h);
	c->head_bytes = h->head_bytes;
	c->body_bytes = 0;
	buf_init(&c->data, HTTP_BODY_MAX);
	connection_enter(c, READ_BODY);
	if (h->expects && in.n == h->head_bytes) {
		buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		connection_dirty(c);
	}
	return exchange_body(c, in);
}

size_t
exchange_head(struct connection *c, struct span in)
{
	size_t empty = c->scan.seen == 0 ? http_empty_lines(in) : 0;
	struct http_request h;

	if (c->state == AWAIT_REQUEST)
		connection_enter(c, READ_HEAD);
	if (empty > 0)
		return empty;
	if (span_is(in, "\r")) /* the first half of an empty line */
		return 0;
	switch (http_head(in, &c->scan, &h)) {
	case HTTP_MORE:
		return 0;
	case HTTP_REFUSED:
		return h.http2 ? farewell_2(c, in) : refuse(c, h.status, h.why, in);
	case HTTP_READY:
		break;
	}
	c->scan = (struct http_scan){ 0, 0 };
	if (h.chunked || h.body_bytes > 0)
		return body_begin(c, &h, in);
	decide(c, &h, span_of(NULL, 0));
	return h.head_bytes;
}
