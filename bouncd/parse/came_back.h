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
	ACTION_EXPANDED
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

struct came_back {
	enum kind kind;
	struct came_recipient *recipients, *last;
	unsigned n_recipients;
	struct span original_message_id; /* with <> as found; empty: not found */
	struct span original_to; /* first address of the returned To field, if there is one */
	struct span envelope_id; /* Original-Envelope-Id */
	struct span reporting_mta;
	struct span feedback_type; /* of a complaint: abuse, fraud, opt-out... */
	struct span subject;
	struct span reason; /* words of the report that belong to no single recipient */
};

enum { CAME_RECIPIENTS_MAX = 1000 };

/* Adds one; a second one of that address gives back the first. NULL: there are too many already. */
struct came_recipient *came_back_add(struct came_back *, struct span address, struct arena *);
