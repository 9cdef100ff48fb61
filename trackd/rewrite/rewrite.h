/* rewrite.h: tracking links and the open pixel in a message; everything else stays byte for byte.
 *
 * Two passes: rewrite_plan() once a message finds what to change, rewrite_render() once a recipient writes the
 * message with that recipient's tokens. Never touched: what is not an HTML body shown to the reader, anything
 * signed or encrypted, attachments, forwarded messages. What is malformed, or not surely understood, goes out as it
 * came; what all mail programs read alike although it is not as the RFCs have it is rewritten (oddity.h). Linear in the message. The way through: mime (common) -> scan -> layout -> render. */
#pragma once

#include "oddity.h"
#include "pixel.h"
#include "scan.h"
struct rewrite_options {
	struct scan_rules rules;
	struct span campaign; /* goes into every token, at most TOKEN_CAMPAIGN_MAX */
	bool keep_signed;     /* leave mail alone that its author's domain has signed (DKIM) */
};

struct rewrite_recipient {
	uint8_t message[TOKEN_MESSAGE_BYTES];
	uint32_t recipient, issued_s;
};

enum rewrite_verdict {
	REWRITE_CHANGED,
	REWRITE_NOTHING, /* no HTML body, or nothing in it to change */
	REWRITE_SIGNED,  /* keep_signed */
	REWRITE_SEALED,  /* its HTML is inside a signed or encrypted part */
	REWRITE_MALFORMED, /* MIME beyond its limits; or HTML was there that cannot be read for sure */
	REWRITE_TOO_LARGE, /* the arena's cap */
	REWRITE_COSTLY,    /* the budget was spent */
};

struct rewrite_plan {
	enum rewrite_verdict verdict;
	unsigned parts, links, pixels; /* changed */
	unsigned recoded;              /* parts that become quoted-printable */
	size_t size_bytes;             /* about what a rendering needs: at least its size */
	struct span message, campaign;
	struct pixel_place place;
	struct piece *pieces;
	struct oddities
	    oddities; /* what was read as mail programs do, and what was left alone for its form */
	struct budget *budget; /* the rules' */
};

/* Plan and message must outlive the renderings; the plan lives in the arena. */
void rewrite_plan(
    const struct rewrite_options *, struct span message, struct arena *, struct rewrite_plan *);
const char *rewrite_verdict_name(enum rewrite_verdict);
/* In a word, as the event untracked has it; NULL where nothing is amiss: CHANGED, NOTHING. */
const char *rewrite_verdict_reason(enum rewrite_verdict);

/* Appends the message for one recipient; unchanged if nothing is to be changed. False: the budget was spent before its end. */
bool rewrite_render(const struct rewrite_plan *, struct token_sealer *,
    const struct rewrite_recipient *, struct buf *out);
