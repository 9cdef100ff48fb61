/* selector.h: which deliveries are meant: by message id (a unique prefix is enough), tenant, address, site, state. */
#pragma once

#include "err.h"
#include "opts.h"
#include "span.h"

#include <jansson.h>

struct selector {
	bool all; /* everything; nothing else is said */
	const char *id, *tenant, *to, *from, *site, *campaign, *state;
};

/* The options that fill one, which is the first member of a verb's struct. */
#define SELECTOR_OPTS                                                                              \
	{ "tenant", 't', OPT_TEXT, offsetof(struct selector, tenant), "NAME", "of this tenant" },  \
	    { "to", 0, OPT_TEXT, offsetof(struct selector, to), "ADDRESS",                         \
		    "to this recipient; *@domain" },                                               \
	    { "from", 0, OPT_TEXT, offsetof(struct selector, from), "ADDRESS",                     \
		    "from this sender; *@domain" },                                                \
	{                                                                                          \
		"site", 's', OPT_TEXT, offsetof(struct selector, site), "NAME", "for this site"    \
	}

/* Nothing was said, not even all. */
bool selector_is_empty(const struct selector *);
/* An id is 1 to 26 characters of Crockford's base 32; an address pattern is not empty, and not * alone; all is
 * said alone. -1: err. */
int selector_check(const struct selector *, struct err *);
/* Adds what is set to a request. */
void selector_put(const struct selector *, json_t *request);
/* "message 01J..., to b@b.example": for people. In text, cut where it does not fit. */
void selector_text(const struct selector *, char *text, size_t size);
