/* fields.h: header fields that come and go on the way out: List-Unsubscribe (RFC 2369), List-Unsubscribe-Post (RFC 8058),
 * Feedback-ID, and what a tenant's header rules say. Everything else of the header stays byte for byte.
 *
 * New fields stand in front of the message, so that a signature covers them and no old one breaks. What the sender wrote
 * is never doubled: a field that is there already stays alone. A field that a signature which stays names is not added: it
 * may be signed as absent (RFC 6376 5.4.2). */
#pragma once

#include "arena.h"
#include "buf.h"
#include "token.h"

enum { FIELDS_RULES_MAX = 32 };

struct fields_rules {
	bool unsubscribe; /* wanted for this mail; needs base */
	struct span base; /* of tracking URLs */
	struct span
	    address; /* recipient; empty: the bytes are for all, and nobody's link can stand in them */
	struct span
	    returns; /* address that mail which asks out goes to (RFC 2369 3.2); empty: none */
	struct span campaign, tenant;
	struct span sender_id;   /* last part of Feedback-ID; empty: none is made */
	const struct span *add;  /* "Name: value" */
	const struct span *drop; /* names */
	size_t adds, drops;
	struct span
	    resigned; /* a signature of this domain, or one above it, is going to be replaced: it goes */
};

/* Appends the message with its new header to out. False: nothing was to be changed, and out is as it was. */
bool fields_write(const struct fields_rules *, struct token_sealer *, const struct token_facts *who,
    struct span message, struct arena *, struct buf *out);
