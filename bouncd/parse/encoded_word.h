/* encoded_word.h: header text as people read it: RFC 2047's encoded words resolved, UTF-8. Pure.
 *
 * Also as broken ones come: spaces in words, a character torn over two words of one charset, no space between words, a
 * word inside quotes. Bounded: ENCODED_TEXT_MAX bytes come out. */
#pragma once

#include "arena.h"

enum { ENCODED_TEXT_MAX = 4096 };

/* value is unfolded; the result lives in the arena, and is always well-formed UTF-8. */
struct span encoded_words(struct span value, struct arena *);
