/* selector.h: which deliveries are meant, in the one language of all verbs that select: by message id (a unique beginning
 * is enough), tenant, campaign, site, source, addresses, age, reply and state. All that is said must be so. */
#pragma once

#include "err.h"
#include "opts.h"
#include "span.h"

#include <jansson.h>

struct selector {
	bool all; /* everything; nothing else is said */
	const char *id, *tenant, *to, *from, *site, *source, *campaign, *reply, *state;
	const char *older; /* a duration: 2h30m */
};

/* The options that fill one, which is the first member of a verb's struct. */
#define SELECTOR_OPTS                                                                              \
	{ "tenant", 't', OPT_TEXT, offsetof(struct selector, tenant), "NAME", "of this tenant" },  \
	    { "campaign", 0, OPT_TEXT, offsetof(struct selector, campaign), "NAME",                \
		    "of this campaign" },                                                          \
	    { "site", 's', OPT_TEXT, offsetof(struct selector, site), "NAME",                      \
		    "to this site, or to those that a site block of that name limits" },           \
	    { "source", 0, OPT_TEXT, offsetof(struct selector, source), "NAME",                    \
		    "from this source" },                                                          \
	    { "from", 0, OPT_TEXT, offsetof(struct selector, from), "ADDRESS",                     \
		    "from this sender; *@domain" },                                                \
	    { "to", 0, OPT_TEXT, offsetof(struct selector, to), "ADDRESS",                         \
		    "to this recipient; *@domain" },                                               \
	    { "older", 0, OPT_TEXT, offsetof(struct selector, older), "AGE",                       \
		    "received longer ago than that: 30m, 2d" },                                    \
	    { "reply", 0, OPT_TEXT, offsetof(struct selector, reply), "TEXT",                      \
		    "whose last reply holds this text: 421, 4.7.0, greylisted" },                  \
	    { "state", 0, OPT_TEXT, offsetof(struct selector, state), "STATE",                     \
		    "in this state: lane, sending, deferred, held ..." },                          \
	{                                                                                          \
		"all", 'a', OPT_FLAG, offsetof(struct selector, all), NULL, "all there are"        \
	}

/* For messages: what may be said. */
#define SELECTOR_WORDS                                                                             \
	"a message id, --tenant, --campaign, --site, --source, --from, --to, --older, --reply or " \
	"--state, or say --all"

/* Nothing was said, not even all. */
bool selector_is_empty(const struct selector *);
/* An id is 1 to 26 characters of Crockford's base 32; no value is empty, or * alone; a state is one of
 * common/delivery_state.h; all is said alone. -1: err. */
int selector_check(const struct selector *, struct err *);
/* Adds what is set to a request. One that was checked. */
void selector_put(const struct selector *, json_t *request);
/* "message 01J..., to b@b.example": for people. In text, cut where it does not fit. */
void selector_text(const struct selector *, char *text, size_t size);
