/* pattern.h: PCRE2 patterns over words from outside: caseless, compiled by JIT, bounded by a match limit.
 *
 * A list of patterns is one idea: it matches where any of them does. */
#pragma once

#include "needle.h"

#include "arena.h"
#include "err.h"

/* A text, made ready to be matched against many patterns; looks at it. */
struct pattern_words {
	struct span text;
	struct marks marks;
};

void pattern_words(struct pattern_words *, struct span text);

struct pattern; /* a list; NULL: empty */

/* Puts another one in front of *list; the text must stay. -1: it does not compile. */
int pattern_add(struct pattern **list, const char *text, struct arena *, struct err *);
/* The same; it begins where a word begins (a pattern that begins with no letter matches anywhere). */
int pattern_add_at_word(struct pattern **list, const char *text, struct arena *, struct err *);
/* The arena does not know what PCRE2 took: call before it goes. */
void pattern_free(struct pattern *list);
/* Bytes that matched (at least 1), the longest of the list; 0: no match. */
size_t pattern_match(struct pattern *list, const struct pattern_words *);
/* Where the first one of the list that matches does; "\K" in it sets *from. False: none does. */
bool
pattern_find(const struct pattern *list, const struct pattern_words *, size_t *from, size_t *to);
