/* session.h: a connection that a deliverd worker holds for a set of hosts of a lane, and the transactions in it.
 *
 * It carries mail for its set alone. One that is idle may be given to another set of the lane that names the same host,
 * address and port, on the same terms of TLS and login.
 *
 * Up to two transactions are in flight, so that the next MAIL is at hand when the last dot is answered. A transaction is one message
 * to some recipients; it ends when each has its result. */
#pragma once

#include "delivery.h"
#include "lane.h"

enum { SESSION_AHEAD = 2 };

enum session_state { SESSION_OPENING, SESSION_STANDS, SESSION_CLOSING };

struct transaction {
	struct table_node by_number;
	TAILQ_ENTRY(transaction) link;
	uint64_t number;
	struct session *session;
	struct message *message;
	bool rewriting; /* waits for its bytes, deliverd knows nothing of it yet */
	uint32_t n, left;
	uint64_t fed_ms;               /* of risk.h's clock */
	struct delivery *deliveries[]; /* NULL: has its result */
};

struct session {
	struct table_node by_number;
	TAILQ_ENTRY(session) link;      /* among its hosts' */
	TAILQ_ENTRY(session) lane_link; /* among the lane's, until it is told to close */
	TAILQ_ENTRY(session) idle_link; /* among the lane's that have nothing to do */
	struct table_node idle_at;
	bool idle;
	uint32_t number;
	enum session_state state;
	struct worker *worker;
	struct lane *lane;
	struct lane_hosts *hosts;
	const struct host *host;  /* of its set: the one it is connected to; NULL: not known */
	bool answered;            /* a server said something of what it carried */
	bool close_told;          /* the worker knows that it is to close */
	bool useless;             /* all it was given came back unsent */
	enum deliver_haste haste; /* to close with */
	unsigned unsent;          /* transactions in a row that came back so */
	uint64_t opened_ms;
	TAILQ_HEAD(, transaction) transactions;
	unsigned in_flight;
	uint64_t fed; /* messages so far */
	uint64_t idle_since_ms;
	struct due due;
};

struct pool;

struct session *session_new(struct pool *, struct lane_hosts *, struct worker *);
struct session *session_find(const struct pool *, uint32_t number);
void session_stood(struct session *, const struct host *);
void session_answered(struct session *);
/* A transaction came back though the connection stands: one that gives all back is closed. */
void session_unsent(struct session *);
/* Tells the worker of a close that had to wait until what it has was rewritten: it would overtake that. */
void session_close_due(struct session *);
/* An idle one of the lane that is connected to one of the best of these hosts, on their terms: it is theirs now. */
bool session_adopt(struct lane_hosts *);
/* The lane is full of connections, and hosts that have none wait for one: one that can be spared is told to close. */
void session_make_room(struct lane *);
/* Whether it takes one more now. */
bool session_has_room(const struct session *, unsigned ahead);
/* No more work: QUIT after what it has. */
void session_close(struct session *);
/* It is over. What was in flight and has no result is handed back by the caller before. */
void session_free(struct pool *, struct session *);

struct transaction *
transaction_new(struct pool *, struct session *, struct message *, struct delivery **, uint32_t n);
struct transaction *transaction_find(const struct pool *, uint64_t number);
/* Those without a result, one after the other: at counts on from 0; NULL: there are no more. A transaction has one. */
struct delivery *transaction_next(const struct transaction *, uint32_t *at);
struct delivery *transaction_first(const struct transaction *);
/* This recipient has its result; the transaction is freed with its last. NULL: it is not in it. */
struct delivery *transaction_take(struct pool *, struct transaction *, uint32_t index);
