/* failure_words.h: how reports say, in the languages servers speak, that mail did not arrive. Pure; text is UTF-8. */
#pragma once

#include "phrases.h"

struct failure_words {
	struct phrases tells;
	struct phrases hints;
};

void failure_words_init(struct failure_words *);
/* A line that says of recipients that mail did not reach them: their names follow, or stand in it. */
bool failure_told(const struct failure_words *, struct span line);
/* A word of delivery, mailboxes or refusal: an address in the same sentence may be the one that failed. */
bool failure_hinted(const struct failure_words *, struct span line);
