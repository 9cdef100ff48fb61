/* kind.h: which kind a mail is that carries no report for machines: by sender, header, subject and words. Pure. */
#pragma once

#include "came_back.h"

struct kind_clues {
	struct span header;  /* of the mail */
	struct span subject; /* decoded as far as it is ASCII */
	struct span from;    /* address */
	struct span text;    /* readable, before the quoted original */
	bool has_original;   /* it gives one back */
};

enum kind kind_guess(const struct kind_clues *);
/* A vacation notice, ticket receipt or challenge, by header or subject alone. */
bool kind_is_autoreply(const struct kind_clues *);
/* Words of a warning: still being tried. */
bool kind_is_warning(const struct kind_clues *);
