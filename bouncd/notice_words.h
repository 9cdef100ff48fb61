/* notice_words.h: what a category means to the person who sent the mail. */
#pragma once

#include "verdict.h"

struct notice_words {
	const char *what; /* "there is no such mailbox": fits behind "because" */
	const char *todo; /* sentences that say what to do, or "" */
};

/* Some statuses ("5.6.7") say more than their category. The same words are the same pointer. */
const struct notice_words *notice_words_of(enum category, struct span status);
