#include "connection.h"
#include "err.h"
#include "http_answer.h"
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LINGER_S = 2,
	STORED_S = 30,
	REQUESTS_A_TURN = 64,   /* of one connection, pipelined */
	OUT_FULL = 64 * 1024,   /* of their answers: then what else was pipelined waits */
	OUT_MAX = 256 * 1024,   /* one more, with a URL of 64 KB */
	SMALL_BYTES = 4 * 1024, /* every connection may hold that much */
	IN_MAX = 256 * 1024,
};

static void
expired_quietly(struct connection *c)
{
	connection_close(c);
}

static void
expired_slow(struct connection *c)
{
	connection_refuse(c, 408, REFUSED_SLOW, "request");
}

static void
expired_reader(struct connection *c)
{
	refusals_note(REFUSED_SLOW, "reader", &c->peer);
	connection_close(c);
}

/* take: what the bytes of that state are for, NULL: for nothing. */
static const struct {
	size_t (*take)(struct connection *, struct span);
	void (*expired)(struct connection *);
	short armed;
} states[CONNECTION_STATES] = {
	[AWAIT_PROXY] = { exchange_proxy, expired_quietly, EV_READ },
	[AWAIT_REQUEST] = { exchange_head, expired_quietly, EV_READ },
	[READ_HEAD] = { exchange_head, expired_slow, EV_READ },
	[READ_BODY] = { exchange_body, expired_slow, EV_READ },
	[AWAIT_STORED] = { NULL, exchange_late, 0 },
	[SENDING] = { NULL, expired_reader, EV_WRITE },
	[LINGER] = { NULL, expired_quietly, EV_READ },
	[CLOSED] = { NULL, NULL, 0 },
};

static uint64_t
state_s(const struct web_conf *w, enum connection_state state)
{
	switch (state) {
	case AWAIT_PROXY:
	case READ_HEAD:
		return w->head_s;
	case AWAIT_REQUEST:
		return w->idle_s;
	case READ_BODY:
		return w->body_s;
	case AWAIT_STORED:
		return STORED_S;
	case SENDING:
		return w->answer_s;
	default:
		return LINGER_S;
	}
}

/* ---- life ---- */

static void on_ready(evutil_socket_t, short, void *);

static void
arm(struct connection *c, short what)
{
	if (c->armed == what)
		return;
	if (c->armed != 0)
		event_del(&c->ev);
	c->armed = what;
	if (what == 0)
		return;
	event_assign(&c->ev, loop_base(), c->fd, (short)(what | EV_PERSIST), on_ready, c);
	if (event_add(&c->ev, NULL) == -1)
		fatal("cannot watch a connection");
}

void
connection_enter(struct connection *c, enum connection_state state)
{
	struct server *s = c->server;

	TAILQ_REMOVE(&s->queues[c->state], c, link);
	c->state = state;
	c->deadline_ms = loop_now_ms() + state_s(&s->conf, state) * 1000;
	TAILQ_INSERT_TAIL(&s->queues[state], c, link);
	arm(c, states[state].armed);
}

void
connection_dirty(struct connection *c)
{
	if (!c->is_dirty)
		TAILQ_INSERT_TAIL(&c->server->dirty, c, dirty);
	c->is_dirty = true;
}

void
connection_close(struct connection *c)
{
	if (c->state == CLOSED)
		return;
	exchange_forget(c);
	if (c->is_dirty)
		TAILQ_REMOVE(&c->server->dirty, c, dirty);
	c->is_dirty = false;
	connection_enter(c, CLOSED);
	close(c->fd);
}

static void
release(struct connection *c)
{
	struct server *s = c->server;

	TAILQ_REMOVE(&s->queues[CLOSED], c, link);
	networks_left(s->networks, c->slot);
	s->count -= c->counted;
	s->away -= !c->counted;
	s->held_bytes -= c->held_bytes;
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->data);
	free(c);
}

struct connection *
connection_new(struct server *s, int fd, const struct sockaddr *from, bool counted)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a connection");
	c->server = s;
	c->fd = fd;
	c->slot = -1;
	c->counted = counted;
	c->state = CLOSED;
	client_peer(from, &c->peer);
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	TAILQ_INSERT_TAIL(&s->queues[CLOSED], c, link);
	s->count += counted;
	s->away += !counted;
	return c;
}

void
connection_refuse(struct connection *c, unsigned status, enum refusal kind, const char *why)
{
	struct http_manner m = { .date = exchange_date(c->server) };

	refusals_note(kind, why, &c->peer);
	http_refusal_put(&c->out, status, &m);
	connection_dirty(c);
	connection_enter(c, LINGER);
}

/* What a connection holds between turns counts; within one it may hold more. */
static void
account(struct connection *c)
{
	struct server *s = c->server;

	if (c->in.n == 0)
		buf_free(&c->in);
	s->held_bytes -= c->held_bytes;
	c->held_bytes = c->in.cap + c->data.cap + (c->state == SENDING ? c->out.cap : 0);
	s->held_bytes += c->held_bytes;
	if (c->held_bytes <= SMALL_BYTES || s->held_bytes <= s->conf.buffers_bytes)
		return;
	if (states[c->state].take != NULL) {
		connection_refuse(c, 503, REFUSED_BUFFERS, NULL);
	} else if (c->state == SENDING) {
		refusals_note(REFUSED_BUFFERS, "reader", &c->peer);
		connection_close(c);
	}
}

/* ---- sending ---- */

static void
sent_all(struct connection *c)
{
	buf_free(&c->out);
	c->sent = 0;
	if (c->state == SENDING) {
		connection_enter(c, c->after);
		account(c);
	}
	if (c->state == LINGER && c->out.n == 0)
		shutdown(c->fd, SHUT_WR);
	if (c->more && states[c->state].take != NULL)
		event_active(&c->ev, EV_READ, 0);
}

static void
send_out(struct connection *c)
{
	struct span rest = span_from(buf_all(&c->out), c->sent);
	ssize_t n = send(c->fd, rest.p, rest.n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		connection_close(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == c->out.n) {
		sent_all(c);
	} else if (c->state != SENDING) {
		c->after = c->state;
		connection_enter(c, SENDING);
		account(c);
	}
}

void
connections_turn_end(void *ctx)
{
	struct server *s = ctx;
	struct connection *c;

	while ((c = TAILQ_FIRST(&s->dirty)) != NULL) {
		TAILQ_REMOVE(&s->dirty, c, dirty);
		c->is_dirty = false;
		if (c->state != SENDING)
			send_out(c);
	}
	while ((c = TAILQ_FIRST(&s->queues[CLOSED])) != NULL)
		release(c);
	if (s->empty != NULL && s->count + s->away == 0) {
		void (*empty)(void *) = s->empty;

		s->empty = NULL;
		empty(s->empty_ctx);
	}
}

/* ---- reading ---- */

/* Bytes of in that were used; the rest waits for more, or for the next turn. */
static size_t
take(struct connection *c, struct span in)
{
	size_t used = 0, n = 0;

	c->more = false;
	while (used < in.n && states[c->state].take != NULL) {
		size_t took;

		if (n++ == REQUESTS_A_TURN || c->out.n > OUT_FULL) {
			c->more = true;
			break;
		}
		took = states[c->state].take(c, span_from(in, used));
		if (took == 0)
			break;
		used += took;
	}
	if (c->state == AWAIT_STORED)
		c->more = used < in.n;
	if (c->more)
		connection_dirty(c);
	return c->state == LINGER || c->state == CLOSED ? in.n : used;
}

/* Most requests come whole and in one piece: those are read where they were received and never kept. */
static void
take_fresh(struct connection *c, struct span in)
{
	size_t used = take(c, in);

	if (used < in.n) {
		buf_span(&c->in, span_from(in, used));
		account(c);
	}
}

static void
take_kept(struct connection *c)
{
	buf_drop(&c->in, take(c, buf_all(&c->in)));
	account(c);
}

static void
read_in(struct connection *c)
{
	struct server *s = c->server;
	bool fresh = c->in.n == 0;
	char *to = fresh ? s->scratch : buf_room(&c->in, SMALL_BYTES);
	size_t room = fresh ? sizeof(s->scratch) : c->in.cap - c->in.n;
	ssize_t n = to == NULL ? 0 : recv(c->fd, to, room, MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0 && c->out.n > 0 && c->state != LINGER) {
		connection_enter(c, LINGER);
	} else if (n <= 0) {
		connection_close(c);
	} else if (c->state == LINGER) {
		return;
	} else if (fresh) {
		take_fresh(c, span_of(to, (size_t)n));
	} else {
		buf_grew(&c->in, (size_t)n);
		take_kept(c);
	}
}

static void
on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct connection *c = ctx;

	(void)fd;
	(void)what;
	if (c->state == SENDING)
		send_out(c);
	else if (c->more)
		take_kept(c);
	else
		read_in(c);
}

void
connection_expired(struct connection *c)
{
	states[c->state].expired(c);
}

void
connection_farewell(struct connection *c)
{
	if (c->state == AWAIT_REQUEST)
		read_in(c);
	if (c->state != AWAIT_PROXY && c->state != AWAIT_REQUEST)
		return;
	if (c->out.n == 0)
		connection_close(c);
	else
		connection_enter(c, LINGER);
}
