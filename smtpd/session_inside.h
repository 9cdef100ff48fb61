/* session_inside.h: the session as its own files see it: session.c (driver, states), wire.c (bytes), greeting.c (EHLO,
 * STARTTLS and the small commands), mail_rcpt.c, content.c (DATA), auth.c. */
#pragma once

#include "command.h"
#include "data.h"
#include "envelope.h"
#include "facts.h"
#include "line.h"
#include "listener.h"
#include "rcpt_set.h"
#include "session.h"
#include "submit_client.h"
#include "tls.h"
#include "waiter.h"
#include "worker.h"

#include <event2/event_struct.h>

/* What is awaited. */
enum state {
	AWAIT_TLS,     /* the handshake */
	AWAIT_COMMAND, /* a line of the client */
	AWAIT_LOGIN,   /* a line of AUTH's exchange */
	AWAIT_CONTENT, /* what follows DATA */
	AWAIT_AUTH,    /* smtpd-auth's answer */
	AWAIT_DRAFT,   /* a file of queued's for a large message */
	AWAIT_ANSWER,  /* queued's answer to a question at MAIL or RCPT */
	AWAIT_ACK,     /* queued: on disk */
	AWAIT_LEAVE,   /* the last reply to leave */
	STATES,
};

enum mechanism { MECHANISM_PLAIN, MECHANISM_LOGIN };

/* From MAIL to its end. */
struct transaction {
	struct arena *arena;
	struct envelope env;
	struct recipient asked; /* the recipient whose question runs */
	uint32_t rcpts_cap;
	struct rcpt_set rcpts;
	bool too_many_said; /* the log has it */
	uint64_t content_began_ms, content_bytes;
	size_t header_held; /* bytes of an unfinished header, in the worker's headers_bytes */
	bool is_ours;       /* a tenant's mail; else from outside */
	struct data data;
	struct draft draft;
	uint64_t draft_asked_ms;
	bool whole; /* the content's end has come */
	struct header_facts header;
	const char *turned_down; /* the reply to a content that is not wanted */
};

struct session {
	TAILQ_ENTRY(session) link;
	struct worker *worker;
	struct listener *listener;
	const struct tenant *tenant;      /* whom the client may send for; NULL: a stranger */
	const struct tenant *host_tenant; /* the same without a login */
	enum state state;
	bool esmtp, logged_in, running, paused, ended;
	struct line line;
	unsigned errors, messages;
	int fd, slot;
	SSL *ssl;
	struct event ev_read, ev_write;
	struct timer *timer;
	uint64_t unread_since_ms; /* replies wait that the client does not read; 0: none do */
	uint64_t deadline_ms, session_ends_ms, timer_at_ms, number;
	struct buf in, out;              /* what is left over; replies that have not left */
	char *helo, *login, *login_name; /* login_name: LOGIN's first half */
	char client[48];                 /* address as text; "local" on a Unix socket */
	enum mechanism mechanism;
	struct waiter waiter;
	struct transaction *tx; /* NULL: none */
	struct span mail_said;  /* while MAIL is answered: its words, until the sender is known */
};

/* session.c */
void reply(struct session *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A reply that refuses: logged, and counted against max-errors where it is an error of the client's. */
void refuse(struct session *, const char *command, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void session_go(struct session *, enum state);
/* An answer of another process was dealt with: on with what the client sent meanwhile. */
void session_resume(struct session *);
void session_hang_up(struct session *); /* after the replies have left */
void session_close(struct session *);

/* wire.c: bytes; 0: would block, and an event is set; -1: the end. */
ssize_t wire_read(struct session *, char *, size_t);
int wire_flush(struct session *);

/* login.c: who the client is. */
void session_tenant(struct session *, const struct tenant *);
/* Of the client is known what its connection tells (RFC 3207 4.2); its errors are still counted. */
void session_anew(struct session *);

/* The files of the commands. Each takes the arguments behind the verb. */
void on_ehlo(struct session *, struct span);
void on_helo(struct session *, struct span);
void on_starttls(struct session *, struct span);
void on_rset(struct session *, struct span);
void on_noop(struct session *, struct span);
void on_vrfy(struct session *, struct span);
void on_help(struct session *, struct span);
void on_quit(struct session *, struct span);
void on_unknown(struct session *, struct span);
void on_auth(struct session *, struct span);
void on_login_line(struct session *, struct span line);
void login_name_forget(struct session *); /* wiped, as some write the password there */
void on_mail(struct session *, struct span);
void on_rcpt(struct session *, struct span);
void on_data(struct session *, struct span);
/* Takes what it can of the content; returns how much. */
size_t on_content(struct session *, struct span);

void transaction_end(struct session *);
