/* verdict_words.h: the words of a verdict (posthouse-bounces(5)) as sentences for people. Pure.
 *
 * A word that is not in the list comes back as it is. */
#pragma once

#include "arena.h"

const char *class_sentence(const char *word);
const char *category_sentence(const char *word);
/* retry_s: of retry-later; fix: of fix, may be "". */
const char *advice_sentence(const char *word, uint64_t retry_s, const char *fix, struct arena *);
