/* session_inside.h: what the files of the session share: session.c (life, driver), greet.c (until it may be fed),
 * dialogue.c (transactions). */
#pragma once

#include "ehlo.h"
#include "loop.h"
#include "reply.h"
#include "session.h"
#include "wire.h"

/* What is awaited. */
enum await {
	CONNECTING,
	AWAIT_GREETING,
	AWAIT_EHLO,
	AWAIT_HELO,
	AWAIT_STARTTLS,
	HANDSHAKING,
	AWAIT_AUTH_PLAIN,
	AWAIT_AUTH_LOGIN,    /* the prompt for the login */
	AWAIT_AUTH_PASSWORD, /* the prompt for the password */
	AWAIT_AUTH_END,
	IDLE,
	AWAIT_MAIL,
	AWAIT_RCPT,
	AWAIT_DATA,
	SENDING, /* until the final dot is with the kernel */
	AWAIT_DOT,
	AWAIT_LONE_DOT, /* DATA was accepted though no recipient was (RFC 2920 3.1) */
	AWAIT_RSET,
	AWAIT_QUIT,
	CLOSED,
};

/* Towards the host in hand. */
enum encryption {
	ENCRYPT_AS_ASKED,
	ENCRYPT_NOT, /* opportunistic TLS failed: in the clear now (RFC 7435) */
	ENCRYPT_DONE,
};

struct session {
	struct session_house *house;
	void *owner;
	struct arena *arena;
	struct deliver_open open; /* spans in the arena */
	uint32_t host;            /* the one in hand */
	enum await state;
	enum encryption encryption;
	struct wire *wire;
	struct timer *timer;
	struct reply reply;
	struct ehlo ehlo;
	char tls[128]; /* facts, empty: plain */
	uint64_t began_ms;
	uint32_t
	    answered; /* recipients that the server in hand said something of, over this connection */
	bool stood;   /* it let us in */
	bool told;    /* OPENED was said */
	bool quitting, hurried, orphan;
	STAILQ_HEAD(, transaction)
	queue; /* the first is the current one in AWAIT_MAIL .. AWAIT_RSET */
	struct deliver_closed
	    why; /* the best known reason why no host let us in; spans in the arena */
};

/* session.c */
struct span session_server(const struct session *);
struct span session_address(const struct session *);
struct buf *say(struct session *); /* where to append commands; they leave at the end of the turn */
enum deliver_stage session_stage(const struct session *);
void session_enter(struct session *, enum await);
/* Connects to the host in hand, or to the next one that can be tried; CLOSED when none is left. */
enum await session_connect(struct session *);
/* The first host behind the one in hand that has another name; hosts_n: there is none. */
uint32_t session_other_host(const struct session *);
/* The host in hand did not let us in: by its reply, or (reply NULL) because of why, which is of that kind. */
enum await host_failed(struct session *, enum deliver_cause, const struct reply *, const char *why);
/* It is over: the current transaction gets the outcome (where it is UNSENT, the server did not judge it), later ones are unsent. */
enum await
session_ended(struct session *, enum deliver_outcome, const struct reply *, const char *why);
enum await protocol_error(struct session *, const struct reply *);

/* greet.c */
enum await on_greeting(struct session *, const struct reply *);
enum await on_ehlo(struct session *, const struct reply *);
enum await on_helo(struct session *, const struct reply *);
enum await on_starttls(struct session *, const struct reply *);
enum await on_auth_plain(struct session *, const struct reply *);
enum await on_auth_login(struct session *, const struct reply *);
enum await on_auth_password(struct session *, const struct reply *);
enum await on_auth_end(struct session *, const struct reply *);
enum await begin_tls(struct session *);
enum await tls_stands(struct session *);
enum await tls_failed(struct session *, const struct reply *, const char *why);

/* dialogue.c */
enum await next_transaction(struct session *);
/* Whether the current transaction is put off by this reply and another host can be asked: go_elsewhere() then. */
bool put_off_all(struct session *, const struct reply *);
enum await go_elsewhere(struct session *);
/* No server judged what is left of it; but what put a recipient off before is said. */
void settle_unsent(struct session *, struct transaction *, const char *why);
void settle_open(struct session *, struct transaction *, enum deliver_outcome, const struct reply *,
    const char *why);
void transaction_over(struct session *, struct transaction *);
enum await on_mail(struct session *, const struct reply *);
enum await on_rcpt(struct session *, const struct reply *);
enum await on_data(struct session *, const struct reply *);
enum await on_early_reply(struct session *, const struct reply *);
enum await on_dot(struct session *, const struct reply *);
enum await on_lone_dot(struct session *, const struct reply *);
enum await on_rset(struct session *, const struct reply *);
