#include "listener.h"
#include "clients.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "role.h"
#include "session.h"
#include "tls.h"
#include "worker.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	ACCEPTS_A_TURN = 64,
	REST_MS = 1000,
	BACKLOG_MOST = 8192, /* beyond what the kernel keeps (net.core.somaxconn, 4096) */
};

/* One socket; several may belong to one listener. */
struct door {
	struct door *next;
	struct listener *listener;
	struct event *ev;
	int fd;
};

/* The process's doors: they are closed together and never one by one. */
static struct door *doors;
static struct timer *rest; /* runs while we are short of descriptors */

/* A reply to a client that gets no session. It fits the socket's buffer or is lost. */
static void
turned_away(int fd, const struct listener *l, const char *reply)
{
	if (l->conf.tls != LISTENER_TLS_IMPLICIT)
		(void)!send(fd, reply, strlen(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
	log_begin(LOG_LEVEL_INFO, "refused");
	log_kvs("command", "connect");
	log_kv("status", span_first(span_from(span_str(reply), 4), 5));
	log_kv("why", span_trim(span_from(span_str(reply), 10)));
	log_kvs("listener", l->conf.name);
	log_end();
	close(fd);
}

static void
came(struct listener *l, int fd, const struct ip *client)
{
	const struct listener_conf *c = &l->conf;
	int slot = -1, one = 1;

	if (l->sessions_n >= c->max_connections) {
		turned_away(
		    fd, l, "421 4.3.2 too many connections (max-connections), try again\r\n");
		return;
	}
	switch (clients_came(l->worker->clients, client, c->client_connections, c->client_rate,
	    loop_now_ms(), &slot)) {
	case CLIENT_TOO_MANY:
		turned_away(
		    fd, l, "421 4.7.0 too many connections of yours (client-connections)\r\n");
		return;
	case CLIENT_TOO_OFTEN:
		turned_away(fd, l, "421 4.7.0 you connect too often (client-rate)\r\n");
		return;
	case CLIENT_WELCOME:
		break;
	}
	if (client->family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	session_new(l, fd, client, slot);
}

static void
awake(void *unused)
{
	(void)unused;
	for (struct door *d = doors; d != NULL; d = d->next)
		event_add(d->ev, NULL);
}

/* Without descriptors the sockets stay readable for ever; they rest a while instead of spinning. */
static void
go_to_rest(int why)
{
	log_warn("accept", "why=\"%s\"", strerror(why));
	for (struct door *d = doors; d != NULL; d = d->next)
		event_del(d->ev);
	timer_set_ms(rest, REST_MS);
}

/* Takes in whom the kernel has connected already, so many at most. 0, or why there are no more. */
static int
take_in(struct door *d, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		struct ip client;
		int c =
		    accept4(d->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (c == -1 && (errno == ECONNABORTED || errno == EINTR))
			continue;
		if (c == -1)
			return errno;
		ip_of_peer((struct sockaddr *)&from, &client);
		came(d->listener, c, &client);
	}
	return 0;
}

static void
on_door(evutil_socket_t fd, short what, void *ctx)
{
	int why = take_in(ctx, ACCEPTS_A_TURN);

	(void)fd;
	(void)what;
	if (why != 0 && why != EAGAIN)
		go_to_rest(why);
}

static SSL_CTX *
certificate(struct role *role, const char *name)
{
	char cert[160], key[160];
	struct err err;
	SSL_CTX *ctx;

	snprintf(cert, sizeof(cert), "tls-cert %s", name);
	snprintf(key, sizeof(key), "tls-key %s", name);
	ctx = tls_load(role_secret(role, cert), role_secret(role, key), &err);
	if (ctx == NULL)
		role_fail(role, EX_CONFIG, "listener %s: %s", name, err.text);
	return ctx;
}

static struct listener *
listener_new(struct worker *w, const struct conf_block *b)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory for a listener");
	listener_conf_read(b, &l->conf);
	l->worker = w;
	if (l->conf.tls != LISTENER_TLS_NONE)
		l->tls = certificate(w->role, l->conf.name);
	return l;
}

static void
door_open(struct listener *l, int fd)
{
	struct door *d = calloc(1, sizeof(*d));

	if (d == NULL)
		fatal("out of memory for a socket");
	evutil_make_socket_nonblocking(fd);
	d->listener = l;
	d->fd = fd;
	d->ev = event_new(loop_base(), fd, EV_READ | EV_PERSIST, on_door, d);
	if (d->ev == NULL || event_add(d->ev, NULL) == -1)
		fatal("cannot watch a socket");
	d->next = doors;
	doors = d;
}

void
listeners_adopt(struct worker *w, const struct conf *conf)
{
	rest = timer_new(awake, NULL);
	for (const struct conf_block *b = conf_first(conf_top(conf), "listener"); b != NULL;
	     b = conf_next(b)) {
		struct listener *l = listener_new(w, b);
		const char *name;
		char prefix[160];
		int fd;

		snprintf(prefix, sizeof(prefix), "listen %s ", l->conf.name);
		for (unsigned i = 0; (fd = role_fd_at(w->role, prefix, i, &name)) != -1; i++)
			door_open(l, fd);
	}
}

void
listeners_close(void)
{
	struct door *next;

	for (struct door *d = doors; d != NULL; d = next) {
		next = d->next;
		event_free(d->ev);
		(void)take_in(d, BACKLOG_MOST); /* a close would reset them */
		close(d->fd);
		free(d);
	}
	doors = NULL;
	timer_clear(rest);
}
