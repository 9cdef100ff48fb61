/* proto_bounce.h: all that queued and bouncd ever say: what a reply means, bounce messages, mail that came back, suppression. */
#pragma once

#include "msg.h"
#include "envelope.h"

enum { NOTICE_RCPTS_MAX = 200 };

enum bounce_type {
	BOUNCE_REPLY = 1,   /* queued: what does this mean? */
	BOUNCE_VERDICT,     /* bouncd */
	BOUNCE_NOTICE_RCPT, /* queued: a recipient to tell of, before NOTICE */
	BOUNCE_NOTICE,      /* queued: make the bounce message */
	BOUNCE_MADE,        /* bouncd: the bounce message */
	BOUNCE_RETURNED,    /* queued: mail to a bounce or feedback address */
	BOUNCE_STORED,      /* bouncd: event and suppression of RETURNED are durable */
	BOUNCE_LIST,        /* bouncd: sealed memory file of 64-bit hashes, sorted */
	BOUNCE_CHANGE,      /* bouncd: one hash more or less */
	BOUNCE_CONFIRM,     /* queued: is this really suppressed? */
	BOUNCE_CONFIRMED,   /* bouncd */
	BOUNCE_FEEDBACK, /* bouncd: what came back after the delivery had ended, for the tenant's shares */
	BOUNCE_NOTICE_HEAD, /* queued: a message to tell of, before its recipients */
};

struct bounce_reply {
	uint64_t job;
	struct id message;
	uint32_t index;
	struct span tenant;
	struct span campaign;
	struct span recipient;
	struct span from; /* its sender, empty: null */
	struct span ehlo; /* as whom we said it */
	struct span site;
	struct span server; /* name of the MX that said it */
	uint8_t stage;      /* enum deliver_stage */
	uint16_t code;
	struct span enhanced;
	struct span text;
	bool final_try; /* a soft one ends it (expiry) */
};

struct bounce_verdict {
	uint64_t job;
	uint8_t class; /* enum bounce_class of verdict.h */
	uint8_t category;
	uint8_t advice;
	uint32_t advice_s;
	bool later;         /* a 5yz whose words mean: not now */
	bool specific;      /* a rule's own words: one answer may stop a lane or a tenant */
	struct span status; /* enhanced code, never empty */
	struct span rule;
	struct span provider;
	uint8_t confidence; /* percent */
	struct span words;  /* for people: what it means and what to do */
};

struct bounce_notice_head {
	uint64_t job;
	struct id message;
	struct span head; /* its header, cut; may be empty */
};

struct bounce_notice_rcpt {
	uint64_t job;
	struct id message;
	struct span address;
	struct span orcpt;
	struct span action; /* failed delayed delivered relayed */
	struct span status;
	uint16_t code;
	struct span enhanced; /* as the server said it */
	struct span text;
	struct span server;
	struct span server_ip;
	uint8_t category; /* enum category of verdict.h */
	bool expired;     /* failed, for its time was over */
	uint64_t last_try_ms;
	uint64_t retry_until_ms; /* of a delayed one; else 0 */
};

struct bounce_notice {
	uint64_t job;
	uint64_t received_ms; /* 0: several messages */
	struct span from;     /* the sender the notice goes to */
	struct span helo;     /* of the client we had it from */
	struct span envid;
	bool smtputf8;
	bool whole;    /* the message goes back whole: leave a hole for it */
	bool has_8bit; /* then: its bytes */
};

struct bounce_made {
	uint64_t job;
	bool ok;
	uint32_t hole; /* where in bytes the whole message belongs; 0: nowhere */
	struct span bytes;
};

struct bounce_returned {
	uint64_t job;
	struct id message;     /* as it came in */
	struct span recipient; /* the bounce address */
	struct span from;      /* its envelope sender; empty: null */
	bool has_token;
	struct id about; /* message the token names */
	uint32_t index;
	uint64_t tag; /* and the key of the token (bounce_token.h): whom it was made for */
	uint8_t key_id;
	struct span tenant;     /* whose the token is, which is proven by it; empty without one */
	struct span about_rcpt; /* address the delivery went to, if known */
	uint64_t start;
	uint64_t size_bytes;
	struct span bytes;
	int fd;
};

struct bounce_stored {
	uint64_t job;
	bool ok;
	struct span kind;    /* bounce delayed ... */
	struct span forward; /* a person wrote: the mail goes on to this address; mostly empty */
};

struct bounce_list {
	uint64_t seed, seed2; /* the key of SipHash */
	uint64_t count;
	int fd;           /* count * 8 bytes, ascending; -1 with count 0: empty */
	struct span lost; /* why there was more, and bulk mail has to wait; empty: all is there */
};

struct bounce_change {
	uint64_t hash;
	bool suppressed;
};

struct bounce_confirm {
	uint64_t job;
	struct span tenant;
	struct span campaign;
	struct span address;
};

struct bounce_confirmed {
	uint64_t job;
	bool suppressed;
	struct span scope; /* empty: everybody's; "tenant", "tenant/list" */
	struct span reason;
	struct span source; /* event that caused it */
};

struct bounce_feedback {
	uint8_t kind;  /* enum kind of verdict.h: KIND_COMPLAINT, KIND_BOUNCE */
	uint8_t class; /* of a bounce: enum verdict_class */
	struct span tenant;
	struct span campaign;
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void bounce_reply_put(struct chan *, const struct bounce_reply *);
int bounce_reply_get(struct msg *, struct bounce_reply *);
void bounce_verdict_put(struct chan *, const struct bounce_verdict *);
int bounce_verdict_get(struct msg *, struct bounce_verdict *);
void bounce_notice_head_put(struct chan *, const struct bounce_notice_head *);
int bounce_notice_head_get(struct msg *, struct bounce_notice_head *);
void bounce_notice_rcpt_put(struct chan *, const struct bounce_notice_rcpt *);
int bounce_notice_rcpt_get(struct msg *, struct bounce_notice_rcpt *);
void bounce_notice_put(struct chan *, const struct bounce_notice *);
int bounce_notice_get(struct msg *, struct bounce_notice *);
void bounce_made_put(struct chan *, const struct bounce_made *);
int bounce_made_get(struct msg *, struct bounce_made *);
void bounce_returned_put(struct chan *, const struct bounce_returned *);
int bounce_returned_get(struct msg *, struct bounce_returned *);
void bounce_stored_put(struct chan *, const struct bounce_stored *);
int bounce_stored_get(struct msg *, struct bounce_stored *);
void bounce_list_put(struct chan *, const struct bounce_list *);
int bounce_list_get(struct msg *, struct bounce_list *);
void bounce_change_put(struct chan *, const struct bounce_change *);
int bounce_change_get(struct msg *, struct bounce_change *);
void bounce_confirm_put(struct chan *, const struct bounce_confirm *);
int bounce_confirm_get(struct msg *, struct bounce_confirm *);
void bounce_confirmed_put(struct chan *, const struct bounce_confirmed *);
int bounce_confirmed_get(struct msg *, struct bounce_confirmed *);
void bounce_feedback_put(struct chan *, const struct bounce_feedback *);
int bounce_feedback_get(struct msg *, struct bounce_feedback *);
