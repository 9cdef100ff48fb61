/* token_find.h: addresses in the form of our own bounce tokens (bounce_token.h), wherever a text has them. Pure.
 *
 * "b+" or "b-" and TOKEN_LETTERS_MIN..TOKEN_LETTERS_MAX letters of base32, any case, "@" and a domain; what a forwarder or
 * a tagger wrote around them is left off: prvs=..=b+TOKEN@domain; of SRS0=..=domain=b+TOKEN@relay it is b+TOKEN@domain. The form alone says
 * nothing: whoever believes one checks its MAC. */
#pragma once

#include "came_back.h"

enum { TOKEN_LETTERS_MIN = 48, TOKEN_LETTERS_MAX = 62 };

/* Adds those of text that c does not have yet, up to CAME_TOKENS_MAX, copied into the arena. Linear in text. */
void tokens_find(struct came_back *c, struct span text, struct arena *);
