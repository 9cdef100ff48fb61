/* transaction.h: one message to some recipients, copied out of the packet it came in.
 *
 * Each recipient is settled exactly once. */
#pragma once

#include "body.h"
#include "proto_deliver.h"
#include "reply.h"

#include <bsd/sys/queue.h>

enum rcpt_state {
	RCPT_OPEN,     /* nothing known yet */
	RCPT_ACCEPTED, /* by the server, at RCPT */
	RCPT_PUT_OFF,  /* refused for now by one host: another may be asked */
	RCPT_SETTLED,  /* its result was said */
	RCPT_UNASKED,  /* settled by ourselves: no command goes out for it, no reply comes */
};

/* What a host said that put a recipient off, should no other say more. */
struct put_off {
	int code; /* 0: nothing */
	struct enhanced enhanced;
	struct span text; /* in the arena */
	uint32_t host;    /* of deliver_open */
	enum deliver_stage stage;
};

struct transaction {
	STAILQ_ENTRY(transaction) link;
	struct deliver_transact t; /* spans in own memory; the descriptor is ours */
	struct body_source source;
	struct body *body; /* once DATA was accepted */
	struct arena *arena;
	uint8_t *rcpt; /* enum rcpt_state, one a recipient */
	uint32_t open; /* recipients not settled: open or accepted */
	bool
	    all_need_utf8; /* the header or the sender is beyond ASCII; else t.smtputf8 is for recipients that are */
	uint32_t accepted;
	uint32_t at;       /* the recipient whose reply is awaited, or whose command is next */
	size_t bytes;      /* memory it takes */
	uint64_t began_ms; /* when MAIL was written */
	struct put_off *put_off; /* one a recipient; NULL: no host put any off */
	bool elsewhere;          /* a second host is asked: there is no third */
	char *content;
};

/* Takes over the descriptor in t. */
struct transaction *transaction_new(const struct deliver_transact *t);
void transaction_free(struct transaction *);
/* The first recipient from i on that is asked for at the server; rcpts_n: none. */
uint32_t transaction_asked(const struct transaction *, uint32_t i);
/* The host answered 4yz for this recipient. */
void transaction_put_off(
    struct transaction *, uint32_t i, const struct reply *, uint32_t host, enum deliver_stage);
/* Those that were put off, or have no answer, are asked for again. */
void transaction_again(struct transaction *);
