/* outcome.h: what a mail that came back is to be taken for, and whose it is. Pure: facts in, outcomes out.
 *
 * How it is tied to its delivery says how far it is believed:
 *	token		a valid token in the address it came to: may speak for the one address it was made for, and for
 *			the tenant it was made for; an address that nothing knows any more is believed where the token
 *			fits it, and no other is
 *	header-token	the same, found in the headers of the returned mail
 *	message-id	the original Message-ID and the address are a delivery of the last days: whoever knows both may
 *			have written it, so it is told and counted, and suppresses only where the configuration says so
 *	none		nothing: told, without a tenant, and no more */
#pragma once

#include "bounce_token.h"
#include "parse/came_back.h"
#include "proto_lookup.h"

enum tie { TIE_NONE, TIE_MESSAGE_ID, TIE_HEADER_TOKEN, TIE_TOKEN };

enum outcome_kind {
	OUTCOME_RETURNED, /* changes nothing: warnings, success reports, what nothing ties */
	OUTCOME_BOUNCED,
	OUTCOME_COMPLAINT,
	OUTCOME_UNSUBSCRIBED,
	OUTCOME_AUTOREPLY,
	OUTCOME_REPLY, /* a person wrote */
};

enum { OUTCOMES_MAX = 16, LOOKUPS_MAX = 2 * OUTCOMES_MAX };

/* An answer of the index, and the recipient of the report it was asked for (NULL: for none in particular). */
struct looked_up {
	const struct came_recipient *rcpt;
	struct lookup_found found;
};

struct outcome_facts {
	const struct came_back *back;
	enum tie tie;
	const struct bounce_keys *keys;
	struct bounce_owner owner; /* of a token, and what it says */
	struct bounce_token token;
	struct span known; /* address of the token's delivery, if queued still knows it */
	struct span from;  /* envelope sender of what came back; empty: null */
	struct looked_up
	    *looked; /* what the index said: of a token at most one, else one a question */
	unsigned looked_n;
};

struct outcome {
	enum outcome_kind kind;
	const struct came_recipient *rcpt; /* of the report; NULL: none */
	const struct lookup_found *of;     /* the delivery; NULL: not known */
	struct span address;               /* whose it is; empty: not known */
	struct span reported;              /* what the report calls it, where that differs */
};

/* Whether a Message-ID is worth asking the index for: a person's or a machine's answer is not tied that way. */
bool outcome_wants_message_id(const struct came_back *);
/* At least one, at most OUTCOMES_MAX. With a message-id and no hit it is tie none: *tie says what came of it. */
unsigned outcomes_of(const struct outcome_facts *, enum tie *, struct outcome out[OUTCOMES_MAX]);

const char *tie_word(enum tie);
const char *outcome_word(enum outcome_kind); /* the event's */
