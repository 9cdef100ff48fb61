/* proto_parse.h: all that bouncd and bouncd-parse ever say: bytes in, facts out.
 *
 * Recipients come as PARSE_RCPT records before the PARSE_DONE of the same job. */
#pragma once

#include "msg.h"

enum parse_type {
	PARSE_ASK = 1, /* bouncd */
	PARSE_RCPT,    /* parse */
	PARSE_DONE,    /* parse */
};

struct parse_ask {
	uint64_t job;
	uint64_t start;
	uint64_t size_bytes;
	struct span bytes;
	int fd;
};

struct parse_rcpt {
	uint64_t job;
	struct span address;
	struct span original; /* Original-Recipient */
	uint8_t action;       /* enum action of came_back.h */
	struct span status;   /* "5.1.1"; empty: none */
	struct span reply;    /* diagnostic text */
	struct span words;    /* what the report says about it to people */
	struct span remote_mta;
};

enum { PARSE_TOKENS_MAX = 8 };

struct parse_done {
	uint64_t job;
	uint8_t kind; /* enum kind of verdict.h */
	uint8_t sub;  /* enum kind_sub of came_back.h */
	struct span message_id;
	struct span feedback_type;
	struct span reason;      /* words that belong to no single recipient */
	struct span original_to; /* first address of the returned To field */
	struct span envelope_id; /* Original-Envelope-Id */
	struct span subject;     /* decoded, UTF-8 */

	uint8_t n_tokens; /* addresses in the form of our bounce tokens, not checked */
	struct span tokens[PARSE_TOKENS_MAX];

	/* of a complaint */
	struct span source_ip, reported_domain, original_mail_from, arrival_date, feedback_id;
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void parse_ask_put(struct chan *, const struct parse_ask *);
int parse_ask_get(struct msg *, struct parse_ask *);
void parse_rcpt_put(struct chan *, const struct parse_rcpt *);
int parse_rcpt_get(struct msg *, struct parse_rcpt *);
void parse_done_put(struct chan *, const struct parse_done *);
int parse_done_get(struct msg *, struct parse_done *);
