/* features.h: a reply as the statistical model sees it: hashes of its codes, words and pairs of words.
 *
 * What differs from mail to mail (numbers, names of hosts, ids) leaves no trace, so that a text counts as what it
 * says. Trainer and evaluator share this file: whoever changes it must train anew (bouncd-train). Pure. */
#pragma once

#include "said.h"

enum { FEATURES_MAX = 400, FEATURES_WORDS = 90 };

struct features {
	unsigned n,
	    n_codes; /* the first n_codes come from codes, the others from words, each once */
	uint32_t hash[FEATURES_MAX];
};

/* provider: whose reply it is, NULL unknown. permanent: as for classify(). */
void features_of(struct features *, const struct said *, const char *provider, bool permanent);
/* What each word counts for beside a code: less in a long text. */
double features_word_value(const struct features *);
