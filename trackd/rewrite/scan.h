/* scan.h: what is to be changed in one HTML text: its links, and where the pixel goes.
 *
 * Works on decoded bytes in the charset of the part; all places are offsets into these. Changes nothing. */
#pragma once

#include "budget.h"
#include "charset.h"
#include "token.h"

struct scan_rules {
	bool clicks, opens;
	bool trap;        /* with opens: a link that nobody sees, beside the pixel */
	bool texts;       /* links of plain text; see scan_text.h */
	struct span base; /* of tracking links: those that begin so are ours already */
	const struct span
	    *exclude; /* hosts left alone, in lower case, A-labels and order, with all below */
	size_t excludes;
	struct charsets *charsets;
	struct budget *budget; /* time for all of it; NULL: as long as it takes */
};

struct edit {
	struct edit *next;
	size_t start, end;    /* what goes; the same: only something comes in */
	bool text;            /* it stands in plain text */
	enum token_kind kind; /* what comes: a link, the pixel, or the trap */
	struct span url;      /* TOKEN_CLICK: where the link leads, ready for a Location field */
};

struct scan {
	struct charset charset;
	struct edit *first; /* in the order of the text */
	unsigned links, pixels;
	bool unread; /* HTML whose charset is not known, or that is not valid in it */
	bool costly; /* the budget was spent before its end: the edits are not all */
};

/* label: the charset parameter, or empty. Without edits nothing is to be changed, also where the charset is not
 * known or the text not valid in it. Everything lives in the arena. */
void scan_html(
    const struct scan_rules *, struct span label, struct span html, struct arena *, struct scan *);
/* The text in its charset, for who looks for links in it; false: not known, or not valid in it. */
bool scan_view(const struct scan_rules *, struct span label, struct span text, struct arena *,
    struct scan *, struct charset_view *);
