/* proto_deliver.h: all that queued and deliverd ever say to each other.
 *
 * queued opens sessions and feeds each transactions; deliverd reports one result a recipient and keeps it until it is
 * acknowledged. A worker outlives queued: to a new queued it first says every result not yet acknowledged, then what is
 * still under way (DELIVER_UNDERWAY), DELIVER_DRAINING if it is about to leave, then DELIVER_SYNCED; only then does queued
 * schedule anything. */
#pragma once

#include "envelope.h"
#include "msg.h"

enum { DELIVER_HOSTS_MAX = 32, DELIVER_RCPTS_MAX = 1000 };

enum deliver_type {
	DELIVER_OPEN = 1, /* queued: connect there */
	DELIVER_TRANSACT, /* queued: one message to some recipients over a session */
	DELIVER_CLOSE,    /* queued: QUIT when what was fed is done */
	DELIVER_ACK,      /* queued: results up to this number are durable, forget them */
	DELIVER_OPENED,   /* deliverd: the session stands and may be fed */
	DELIVER_RESULT,   /* deliverd: what became of one recipient */
	DELIVER_CLOSED,   /* deliverd: the session is over, or never stood: why */
	DELIVER_UNDERWAY, /* deliverd to a new queued: this recipient is in a transaction, its result will come */
	DELIVER_SYNCED, /* deliverd to a new queued: that was all */
	DELIVER_DRAINING, /* deliverd: I shall leave: what I have ends, what more is fed comes back unsent */
};

/* How long a server that is to be left may take for each reply before the content is with it. */
enum deliver_haste {
	DELIVER_AT_LEISURE, /* its usual time */
	DELIVER_HURRY,      /* little: others wait for the connection's place */
};

enum tls_policy { TLS_NONE, TLS_OPPORTUNISTIC, TLS_REQUIRED, TLS_VERIFIED };

struct deliver_host {
	struct span name;    /* MX or route host, for TLS and the log */
	struct span address; /* "192.0.2.1" or "2001:db8::1" */
	uint16_t port;
};

struct deliver_open {
	uint32_t session; /* chosen by queued, unique while it lives */
	struct span site;
	struct span source_name, source_address; /* address empty: the kernel chooses */
	struct span ehlo;
	enum tls_policy tls;
	bool implicit_tls;
	struct span login, password; /* empty: no AUTH */
	uint32_t hosts_n;            /* tried in this order until one greets */
	struct deliver_host hosts[DELIVER_HOSTS_MAX];
};

struct deliver_rcpt {
	uint32_t index; /* in the envelope */
	struct span address;
	struct span orcpt;
	uint8_t notify;
};

struct deliver_transact {
	uint32_t session;
	uint64_t transaction; /* unique for this queued */
	struct id id;
	struct span from;
	struct span envid;
	enum ret ret;
	bool body_8bit,
	    smtputf8;  /* what the content needs; addresses beyond ASCII speak for themselves */
	bool has_dots; /* false: no line begins with a dot */
	struct facts_drop drops[FACTS_DROPS_MAX];
	uint8_t drops_n;
	uint32_t rcpts_n;
	struct deliver_rcpt *rcpts;
	/* Either bytes, or a descriptor with the range of the message in it. */
	bool has_fd;
	struct span bytes;
	int fd;
	uint64_t start, size_bytes;
	uint32_t crc32c; /* of the range (before drops); 0 with bytes: not checked */
	bool check_crc;
};

enum deliver_outcome {
	OUTCOME_DELIVERED, /* 250 after the final dot */
	OUTCOME_REPLIED,   /* the server refused: reply */
	OUTCOME_LOST, /* the connection broke, or a time-out; text says where. Nothing is known after the dot */
	OUTCOME_NEEDS_7BIT, /* the server has no 8BITMIME: make that form */
	OUTCOME_DAMAGED,    /* the bytes do not match their checksum: nothing was sent */
	OUTCOME_UNSENT, /* the session ended before this transaction began: try elsewhere, no attempt counted */
};

/* Why a connection ended that no reply's words explain. */
enum deliver_cause {
	CAUSE_NETWORK, /* there was none, it broke, or the server was silent; or its reply says why */
	CAUSE_NO_TLS,      /* required, and not offered */
	CAUSE_TLS,         /* required, and refused or failed */
	CAUSE_CERTIFICATE, /* not trusted */
	CAUSE_NO_AUTH,     /* no way of logging in that both would take */
	CAUSE_LOGIN,       /* login and password were not taken */
	DELIVER_CAUSES,
};

/* Where in the dialogue something happened. */
enum deliver_stage {
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_TLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_DOT,
	STAGE_IDLE
};
const char *deliver_stage_name(enum deliver_stage);

struct deliver_result {
	uint64_t number; /* counts up in a worker's life, for ACK */
	uint32_t session;
	uint64_t transaction; /* 0 towards a new queued: look by id and index */
	struct id id;
	uint32_t index;
	enum deliver_outcome outcome;
	enum deliver_stage stage;
	uint16_t code;               /* 0: no reply */
	struct span enhanced;        /* "5.1.1"; empty: none given */
	struct span text;            /* reply without codes, lines joined by LF; or why */
	struct span server, address; /* name and IP of the peer */
	struct span source;
	struct span tls;  /* "TLSv1.3 TLS_AES_256_GCM_SHA384 unverified"; empty: plain */
	uint32_t took_ms; /* from MAIL to the reply */
	bool dsn;         /* the server offers DSN: NOTIFY and the rest were passed on */
};

struct deliver_opened {
	uint32_t session;
	struct span server, address; /* the host it is connected to, as in DELIVER_OPEN */
	uint16_t port;
	struct span tls;
	uint32_t took_ms;
	bool pipelining, eightbit, smtputf8, dsn;
	uint64_t size_max; /* 0: none announced */
};

struct deliver_closed {
	uint32_t session;
	enum deliver_stage stage;
	enum deliver_cause cause;
	bool stood;    /* OPENED was said before */
	uint16_t code; /* reply that ended it, 0: none */
	struct span enhanced, text, server, address;
};

struct deliver_underway {
	struct id id;
	uint32_t index;
	uint32_t session;
};

void deliver_open_put(struct chan *, const struct deliver_open *);
int deliver_open_get(struct msg *, struct deliver_open *);
/* Takes over fd. -1: too long for any record (msg.h); nothing was sent. */
int deliver_transact_put(struct chan *, const struct deliver_transact *);
int deliver_transact_get(struct msg *, struct deliver_transact *, struct arena *);
void deliver_close_put(struct chan *, uint32_t session, enum deliver_haste);
int deliver_close_get(struct msg *, uint32_t *session, enum deliver_haste *);
void deliver_ack_put(struct chan *, uint64_t number);
int deliver_ack_get(struct msg *, uint64_t *number);
void deliver_opened_put(struct chan *, const struct deliver_opened *);
int deliver_opened_get(struct msg *, struct deliver_opened *);
void deliver_result_put(struct chan *, const struct deliver_result *);
int deliver_result_get(struct msg *, struct deliver_result *);
void deliver_closed_put(struct chan *, const struct deliver_closed *);
int deliver_closed_get(struct msg *, struct deliver_closed *);
void deliver_underway_put(struct chan *, const struct deliver_underway *);
int deliver_underway_get(struct msg *, struct deliver_underway *);
void deliver_synced_put(struct chan *);
void deliver_draining_put(struct chan *);
