/* html.h: the tokens of HTML, as ranges of the bytes they were found in (WHATWG HTML, 13.2.5).
 *
 * Looks at bytes in any encoding whose letters, digits and punctuation of ASCII are those bytes (charset.h makes
 * such a view of the others). Follows the tokeniser of the standard where it decides what is a tag, a
 * comment, or an attribute: raw text elements, script with comments in it, CDATA inside svg and math, bogus
 * comments, every kind of quoting. Builds no tree. Copies nothing, takes no memory, linear. */
#pragma once

#include "span.h"

enum html_kind {
	HTML_TAG,     /* <a ...> */
	HTML_END_TAG, /* </a ...> */
	HTML_COMMENT, /* <!-- ... -->; bogus ones come as HTML_OTHER */
	HTML_OTHER,   /* doctype, <? >, </ >, CDATA: nothing in it is of use */
	HTML_END,     /* start: where what never ended begins, or the end of the text */
};

struct html_token {
	enum html_kind kind;
	size_t start, end; /* from "<" to behind ">" */
	struct span name;  /* as spelled */
	size_t attrs;      /* behind the name: where html_attr() begins */
};

struct html_attr {
	struct span name;  /* as spelled */
	size_t start, end; /* of the value, without quotes */
	char quote;        /* " or ' or 0 */
	bool has_value;    /* "=" and something behind it */
};

enum html_foreign {
	HTML_FOREIGN_NONE,
	HTML_FOREIGN_SVG,
	HTML_FOREIGN_MATH,
	HTML_FOREIGN_SVG_POINT, /* foreignObject and the like: HTML inside */
	HTML_FOREIGN_MATH_POINT,
};

struct html {
	struct span text;
	size_t at;
	bool fragment; /* inside a conditional comment: no raw text elements */
	uint8_t stack
	    [24]; /* enum html_foreign: svg, math, and HTML in these; deeper ones are not counted */
	unsigned depth;
	unsigned tables, divs; /* open, outside of these */
	struct span raw;       /* name of the raw text element just opened, or empty */
	size_t raw_start;      /* where that tag began */
	bool raw_foreign;      /* it is one of svg or math */
};

void html_begin(struct html *, struct span text);
/* A fragment in which no element's content is raw text: what stands in a conditional comment. */
void html_begin_fragment(struct html *, struct span text);
/* Is it one of these names, in lower case, NULL at the end? */
bool html_name_in(struct span name, const char *const *names);
bool html_name_is(struct span name, const char *other);

/* Always gives a token; after HTML_END always HTML_END. */
void html_next(struct html *, struct html_token *);

/* Is what the last tag opened, and what stands there, of svg or math rather than HTML? */
bool html_is_foreign(const struct html *);

/* The attribute at *at, which moves on; begin with token.attrs. false: the tag ends here. */
bool html_attr(struct span text, size_t *at, struct html_attr *);
/* The first attribute of that name, as a browser takes it. */
bool
html_attr_find(struct span text, const struct html_token *, const char *name, struct html_attr *);
