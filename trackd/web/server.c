#include "connection.h"
#include "err.h"
#include "http_answer.h"
#include "loop.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TICK_MS = 250,
	AWAY_MAX = 1000, /* turned away and still lingering; beyond it they are closed at once */
};

/* ---- time ---- */

static void
on_tick(void *ctx)
{
	struct server *s = ctx;
	struct connection *c;

	for (enum connection_state state = 0; state < CLOSED; state++)
		while (
		    (c = TAILQ_FIRST(&s->queues[state])) != NULL && c->deadline_ms <= loop_now_ms())
			connection_expired(c);
	refusals_tick();
	timer_set_ms(s->tick, TICK_MS);
}

/* ---- who comes and goes ---- */

bool
connection_admit(struct connection *c)
{
	struct server *s = c->server;

	if (client_in(s->conf.block, "exempt", &c->peer) ||
	    client_in(s->conf.block, "trusted-proxy", &c->peer) ||
	    networks_came(s->networks, &c->peer, loop_now_ms(), &c->slot))
		return true;
	connection_refuse(c, 503, REFUSED_NETWORK_CONNECTIONS, NULL);
	return false;
}

/* Whoever is turned away is told so: the answer waits for its request, as a socket closed over unread bytes would take it
 * back. Where too many wait so, they are closed at once. */
static void
turn_away(struct server *s, int fd, const struct sockaddr *from, enum refusal kind)
{
	if (s->away < AWAY_MAX) {
		connection_refuse(connection_new(s, fd, from, false), 503, kind, NULL);
		return;
	}
	server_turn_away(s, fd, from);
}

void
server_turn_away(struct server *s, int fd, const struct sockaddr *from)
{
	static struct buf out = { .max = 4096 };
	struct http_manner m = { .date = exchange_date(s) };
	struct ip peer;

	client_peer(from, &peer);
	refusals_note(s->away < AWAY_MAX ? REFUSED_DESCRIPTORS : REFUSED_CONNECTIONS, NULL, &peer);
	buf_reset(&out);
	http_refusal_put(&out, 503, &m);
	(void)!recv(fd, s->scratch, sizeof(s->scratch), MSG_DONTWAIT);
	(void)!send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	close(fd);
}

void
server_came(struct server *s, int fd, const struct sockaddr *from)
{
	struct connection *c;
	int one = 1;

	if (s->count >= s->conf.connections) {
		turn_away(s, fd, from, REFUSED_CONNECTIONS);
		return;
	}
	if (from->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c = connection_new(s, fd, from, true);
	if (!s->conf.proxy_protocol) {
		if (connection_admit(c))
			connection_enter(c, AWAIT_REQUEST);
	} else if (client_in(s->conf.block, "trusted-proxy", &c->peer)) {
		connection_enter(c, AWAIT_PROXY);
	} else {
		connection_refuse(c, 400, REFUSED_PROXY, "not a trusted proxy");
	}
}

struct server *
server_new(const struct web_conf *conf)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the web server");
	s->conf = *conf;
	s->networks = networks_new(&conf->networks);
	for (enum connection_state state = 0; state < CONNECTION_STATES; state++)
		TAILQ_INIT(&s->queues[state]);
	TAILQ_INIT(&s->dirty);
	buf_init(&s->path, HTTP_LINE_MAX);
	s->tick = timer_new(on_tick, s);
	timer_set_ms(s->tick, TICK_MS);
	loop_at_turn_end(connections_turn_end, s);
	return s;
}

static void
farewell_all(struct connection_queue *queue, bool replaced)
{
	struct connection *c, *next;

	TAILQ_FOREACH_SAFE (c, queue, link, next)
		if (!replaced || c->answered)
			connection_farewell(c);
}

void
server_stop(struct server *s, bool replaced, void (*empty)(void *), void *ctx)
{
	s->stopping = true;
	s->empty = empty;
	s->empty_ctx = ctx;
	farewell_all(&s->queues[AWAIT_PROXY], replaced);
	farewell_all(&s->queues[AWAIT_REQUEST], replaced);
	refusals_flush();
}
