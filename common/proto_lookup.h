/* proto_lookup.h: all that bouncd and trackd-stats ever say: which delivery was that?
 *
 * bouncd asks about mail that came back without a token in its address, or whose delivery queued has forgotten; stats
 * looks it up in the index of the event files, which reaches back as far as index-age says. */
#pragma once

#include "msg.h"

enum lookup_type {
	LOOKUP_ASK = 1, /* bouncd */
	LOOKUP_FOUND,   /* stats */
};

/* By message and index where has_message, else by the Message-ID field (without regard to <>). An address, if given, must
 * be a recipient of that message: it picks the recipient where index is UINT32_MAX. */
struct lookup_ask {
	uint64_t job;
	bool has_message;
	struct id message;
	uint32_t index; /* UINT32_MAX: not known */
	struct span message_id;
	struct span address; /* may be empty */
};

struct lookup_found {
	uint64_t job;
	bool found; /* the message; recipient stays empty where that one is not known */
	struct id message;
	uint32_t index;
	struct span tenant;
	struct span campaign;
	struct span from;
	struct span recipient;
	struct span ended;  /* delivered bounced expired ...; empty: has not, or not known */
	struct id event;    /* the final event */
	uint64_t time_ms;   /* of it */
	struct span source; /* it went out from */
	struct span site;
};

/* Get leaves spans in the packet; -1: nonsense. */
void lookup_ask_put(struct chan *, const struct lookup_ask *);
int lookup_ask_get(struct msg *, struct lookup_ask *);
void lookup_found_put(struct chan *, const struct lookup_found *);
int lookup_found_get(struct msg *, struct lookup_found *);
