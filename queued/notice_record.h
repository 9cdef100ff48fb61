/* notice_record.h: what one bounce message is to say, copied out of deliveries and messages, and said to bouncd.
 *
 * Bounded: NOTICE_RCPTS_MAX recipients, and bytes so that what bouncd makes of it fits a packet. */
#pragma once

#include "message.h"
#include "proto_bounce.h"

struct queued;

enum { NOTICE_HEAD_MAX = 32 * 1024 };

struct notice_record {
	struct arena *arena;
	struct span from, tenant, stream, helo, envid; /* of the first message */
	uint64_t received_ms;
	struct span head;     /* of the first message, cut at NOTICE_HEAD_MAX */
	struct id first;      /* the first message */
	bool smtputf8, whole; /* whole: it goes back as it is, once it is alone in here */
	bool has_8bit;
	size_t bytes; /* of it all, as it will be written */
	uint32_t rcpts_n, originals_n, rcpts_cap;
	struct bounce_notice_rcpt *rcpts;
	struct notice_about {
		struct id message;
		struct span brief; /* the fields by which a person knows it */
	} originals[NOTICE_RCPTS_MAX];
};

struct notice_record *notice_record_new(void);
void notice_record_free(struct notice_record *);
/* action: failed, delayed, relayed. The message's header is read when it is new in here. */
void notice_record_add(
    struct notice_record *, struct queued *, const struct delivery *, const char *action);
/* No room for this one. */
bool notice_record_full(const struct notice_record *, const struct delivery *);
/* All of it, as records with this job. */
void notice_record_put(const struct notice_record *, struct chan *, uint64_t job);
