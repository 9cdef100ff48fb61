/* facts.h: what the fields of a header say to us (RFC 5322 3.6; X-Posthouse-*). Pure.
 *
 * X-Posthouse-Campaign, -Tags and -Track are for this relay alone, and an mbox line in front is no part of the mail: their lines
 * become drops and are not sent on. */
#pragma once

#include "arena.h"
#include "envelope.h"

struct header_facts {
	unsigned received; /* Received lines */
	bool has_date, has_message_id;
	unsigned from_n;  /* From fields */
	struct span from; /* value of the first, folding kept; in the arena */
	bool is_list;     /* List-Id, or Precedence says bulk or list */
	unsigned unsubscribe_n,
	    unsubscribe_post_n;     /* List-Unsubscribe, List-Unsubscribe-Post fields */
	bool unsubscribe_https;     /* one of its addresses is of https */
	bool unsubscribe_one_click; /* RFC 8058 3.1 */
	struct span campaign, tags; /* one line each; in the arena */
	struct span message_id; /* without <>, in the arena; empty: none, or too long to be one */
	bool has_track, track_clicks, track_opens, track_text;
	struct span track_unknown; /* a word that is none of these; empty: there was none */
};

enum { FACTS_CAMPAIGN_MAX = 128, FACTS_TAGS_MAX = 512, FACTS_MESSAGE_ID_MAX = 250 };

/* Adds the drops, offsets from the header's first byte, to facts. -1: more X-Posthouse lines than facts has room for. */
int header_facts_read(struct span header, struct arena *, struct header_facts *, struct facts *);
