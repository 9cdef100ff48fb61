/* connection.h: a connection, between server.c (who comes, stays and goes), connection.c (the bytes of one) and exchange.c (its
 * requests and their answers). */
#pragma once

#include "buf.h"
#include "server.h"
#include "http_body.h"
#include "refusals.h"

#include <bsd/sys/queue.h>
#include <event2/event.h>
#include <event2/event_struct.h>

enum { SCRATCH_BYTES = 128 * 1024 };

enum connection_state {
	AWAIT_PROXY,   /* the PROXY protocol's header */
	AWAIT_REQUEST, /* the first byte of a request */
	READ_HEAD,
	READ_BODY,
	AWAIT_STORED, /* bouncd's word on an unsubscription */
	SENDING,      /* an answer that did not fit the socket's buffer */
	LINGER,       /* the last answer is on its way: what still comes is thrown away */
	CLOSED,       /* freed at the end of the turn */
	CONNECTION_STATES,
};

struct connection {
	TAILQ_ENTRY(connection) link, dirty;
	struct server *server;
	struct event ev;
	int fd, slot;                       /* slot: of its network, or -1 */
	enum connection_state state, after; /* after: of SENDING */
	uint64_t deadline_ms;
	short armed;
	bool answered; /* a request, at least */
	bool counted;  /* one of server->count; else it was turned away and only lingers */
	bool is_dirty; /* in server->dirty: has something to send */
	bool more;     /* in holds bytes that were not looked at yet */
	struct ip peer;
	struct buf in, out, data; /* data: the body */
	size_t sent, held_bytes;
	struct http_scan scan;
	struct http_body body;
	size_t head_bytes, body_bytes; /* of the request whose body is read, at the front of in */
	struct exchange *exchange;     /* of AWAIT_STORED */
};

TAILQ_HEAD(connection_queue, connection);

struct server {
	struct web_conf conf;
	struct networks *networks;
	struct connection_queue queues[CONNECTION_STATES], dirty;
	uint64_t count, away,
	    held_bytes; /* away: turned away and lingering; held: memory of all in */
	struct timer *tick;
	struct buf path; /* a decoded one */
	char scratch[SCRATCH_BYTES], list[2][8 * 1024], date[32];
	uint64_t date_s;
	bool stopping;
	void (*empty)(void *);
	void *empty_ctx;
};

/* In state CLOSED: to be entered into another before the turn ends. Takes over fd. */
struct connection *
connection_new(struct server *, int fd, const struct sockaddr *from, bool counted);
/* Its deadline is over. */
void connection_expired(struct connection *);
/* Of AWAIT_PROXY and AWAIT_REQUEST, when all ends: a request that has just come is still taken, an answer still sent. */
void connection_farewell(struct connection *);
/* The end of a turn, behind the events: answers leave, and what was closed is freed. */
void connections_turn_end(void *server);
/* Writes the state, sets deadline and events. */
void connection_enter(struct connection *, enum connection_state);
void connection_close(struct connection *);
/* Its client is known: counted by its network, or refused and false. */
bool connection_admit(struct connection *);
/* out has something that leaves at the end of the turn. */
void connection_dirty(struct connection *);
/* Answers with that status, and no more after it. */
void connection_refuse(struct connection *, unsigned status, enum refusal, const char *why);

/* Each takes from the front of in what it can use, 0: it needs more; may change the state. */
size_t exchange_proxy(struct connection *, struct span in);
size_t exchange_head(struct connection *, struct span in);
size_t exchange_body(struct connection *, struct span in);
/* The connection goes, or waits no longer. */
void exchange_forget(struct connection *);
/* bouncd did not answer in time. */
void exchange_late(struct connection *);
const char *exchange_date(struct server *);
