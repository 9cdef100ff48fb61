/* came_back.h: the facts of a mail that came back, as bouncd-parse hands them to bouncd.
 *
 * All spans live in the arena the mail was parsed with, or in the message itself. No verdict yet: what the
 * servers' words mean is bouncd's to say (judge.h). Everything here was written by strangers. */
#pragma once

#include "arena.h"
#include "../said.h"
#include "verdict.h"

enum action {
	ACTION_NONE,
	ACTION_FAILED,
	ACTION_DELAYED,
	ACTION_DELIVERED,
	ACTION_RELAYED,
	ACTION_EXPANDED,
	ACTION_PARTLY /* failed, and others behind the same original recipient got it */
};

/* What an OTHER, an AUTOREPLY or an opt-out COMPLAINT is more closely; KIND_SUB_NONE: nothing that bouncd tells apart. */
enum kind_sub {
	KIND_SUB_NONE,
	KIND_SUB_HUMAN,       /* a person wrote it: to be forwarded */
	KIND_SUB_UNSUBSCRIBE, /* asks out, by subject, body or List-Unsubscribe */
	KIND_SUB_RECEIPT,     /* read receipt (RFC 8098) */
	KIND_SUB_REPORT,      /* DMARC, TLS or ARF auth-failure report, a loop's summary */
	KIND_SUB_COMMAND,     /* another command to a list: subscribe, help */
	KIND_SUB_MACHINE,     /* mail of a list or a program: newsletter, moderation notice, spam */
	KIND_SUB_VACATION,    /* away, with or without a day of return */
	KIND_SUB_CHALLENGE,   /* wants the sender to prove that he is a person */
	KIND_SUB_TICKET       /* receipt of a ticket or an order */
};

struct came_recipient {
	struct span address;    /* mailbox, without <> and address type */
	struct span original;   /* Original-Recipient, the same way; empty if not said */
	struct span remote_mta; /* host that said it; empty if not said */
	struct span diagnostic; /* the reply, or the reason in words; empty: nothing was said */
	struct span words;      /* what the report says about it to people; may be empty */
	struct status status;   /* class 0: none */
	enum action action;
	struct came_recipient *next;
};

enum {
	CAME_RECIPIENTS_MAX = 1000,
	CAME_ASKED_MAX = 100000, /* additions tried; a million addresses are no report */
	CAME_TOKENS_MAX = 8
};

struct came_back {
	enum kind kind;
	enum kind_sub sub;
	struct came_recipient *recipients, *last;
	unsigned n_recipients, n_asked;
	struct span original_message_id; /* with <> as found; empty: not found */
	struct span
	    inner_message_id; /* of the mail inside, where what came back is itself a report; else empty */
	struct span original_to; /* first address of the returned To field, if there is one */
	struct span envelope_id; /* Original-Envelope-Id */
	struct span reporting_mta;
	struct span feedback_type; /* of a complaint: abuse, fraud, opt-out... */
	struct span subject;
	struct span reason; /* words of the report that belong to no single recipient */

	/* Addresses whose local part has the form of our bounce tokens, distinct; those of the returned original come
	 * first. Whether they are ours is bouncd's to check. */
	struct span tokens[CAME_TOKENS_MAX];
	unsigned n_tokens;

	/* Of a complaint (RFC 5965 3.1, 3.2); what the report does not say is empty. */
	struct span source_ip, reported_domain, original_mail_from, arrival_date;
	struct span
	    feedback_id; /* value of the original's Feedback-ID field, or what a summary is about */
};

/* Adds one; a second one of that address gives back the first. NULL: there are too many already. */
struct came_recipient *came_back_add(struct came_back *, struct span address, struct arena *);

const char *kind_sub_word(enum kind_sub); /* "human", "vacation"...; KIND_SUB_NONE: "" */
