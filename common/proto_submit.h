/* proto_submit.h: all that smtpd and queued ever say to each other.
 *
 * smtpd hands over a small message as bytes (SUBMIT_MESSAGE) or a large one as a filled draft (SUBMIT_COMMIT), and
 * says 250 after SUBMIT_ACK with code 0 and not before. Spans of a got struct lie in the packet. */
#pragma once

#include "envelope.h"
#include "msg.h"

/* Largest message and envelope, together, that travel as bytes; above it a draft. So a record is one packet (MSG_BODY_MAX). */
enum { SUBMIT_INLINE_MAX = 64 * 1024, SUBMIT_ENVELOPE_MAX = 48 * 1024 };

enum submit_type {
	SUBMIT_MESSAGE = 1, /* smtpd: envelope, facts, bytes */
	SUBMIT_COMMIT,      /* smtpd: envelope (a chunk or whole), facts, draft */
	SUBMIT_RCPTS, /* smtpd: more recipients of a COMMIT to come, for envelopes over SUBMIT_ENVELOPE_MAX */
	SUBMIT_DROP,     /* smtpd: this draft will not be filled */
	SUBMIT_WANT,     /* smtpd: send drafts ahead of time */
	SUBMIT_ASK,      /* smtpd: what only queued knows, at MAIL or RCPT */
	SUBMIT_ACK,      /* queued: on disk, or why not */
	SUBMIT_DRAFT,    /* queued: number and write-only descriptor */
	SUBMIT_ANSWER,   /* queued: to an ASK */
	SUBMIT_STATE,    /* queued: whether mail is taken at all, told unasked */
	SUBMIT_NO_DRAFT, /* queued: one of those wanted cannot be had, and why */
};

struct submit_message {
	struct envelope envelope;
	struct facts facts;
	struct span bytes; /* facts.size_bytes of them */
};

struct submit_commit {
	struct envelope envelope;
	struct facts facts;
	uint32_t draft;
};

/* Recipients that come before the COMMIT of the same id; may be sent several times. */
struct submit_rcpts {
	struct id id;
	uint32_t rcpts_n;
	struct recipient *rcpts;
};

struct submit_draft {
	uint32_t draft;
	int fd;
};

enum submit_ask_kind { ASK_MAIL, ASK_RCPT, ASK_BOUNCE, ASK_ACCEPT };
/* ASK_MAIL: may this tenant send now (only asked where a paused one is refused)? ASK_RCPT: is this recipient suppressed for the tenant (only asked where the
 * tenant wants refusals at RCPT)? ASK_BOUNCE: is the token in this bounce or feedback address good? ASK_ACCEPT:
 * does a route take a stranger's mail for this address? */
struct submit_ask {
	uint64_t ask;
	enum submit_ask_kind kind;
	struct span tenant, address;
};

/* code 0: yes; else an SMTP reply with enhanced code in front of the text ("4.3.1 disk is full"). */
struct submit_answer {
	uint64_t ask;
	uint16_t code;
	struct span text;
};

struct submit_ack {
	struct id id;
	uint16_t code;    /* 0: on disk; 451, 452, 552, 554 ... */
	struct span text; /* begins with the enhanced code when code is not 0 */
};

struct submit_no_draft {
	uint16_t code;    /* 451; 452: the disk is full */
	struct span text; /* begins with the enhanced code */
};

/* code 0: mail is taken. Else MAIL is answered with it. */
struct submit_state {
	uint16_t code;
	struct span text;
};

void submit_message_put(struct chan *, const struct submit_message *);
int submit_message_get(struct msg *, struct submit_message *, struct arena *);
void submit_commit_put(struct chan *, const struct submit_commit *);
int submit_commit_get(struct msg *, struct submit_commit *, struct arena *);
void submit_rcpts_put(struct chan *, const struct submit_rcpts *);
int submit_rcpts_get(struct msg *, struct submit_rcpts *, struct arena *);
void submit_drop_put(struct chan *, uint32_t draft);
int submit_drop_get(struct msg *, uint32_t *draft);
void submit_want_put(struct chan *, uint32_t drafts);
int submit_want_get(struct msg *, uint32_t *drafts);
void submit_draft_put(struct chan *, const struct submit_draft *);
int submit_draft_get(struct msg *, struct submit_draft *); /* fd -1: we are short of descriptors */
void submit_ask_put(struct chan *, const struct submit_ask *);
int submit_ask_get(struct msg *, struct submit_ask *);
void submit_answer_put(struct chan *, const struct submit_answer *);
int submit_answer_get(struct msg *, struct submit_answer *);
void submit_ack_put(struct chan *, const struct submit_ack *);
int submit_ack_get(struct msg *, struct submit_ack *);
void submit_no_draft_put(struct chan *, const struct submit_no_draft *);
int submit_no_draft_get(struct msg *, struct submit_no_draft *);
void submit_state_put(struct chan *, const struct submit_state *);
int submit_state_get(struct msg *, struct submit_state *);
