/* names.h: what a server said, without the names of those it speaks of: no name decides what a reply means.
 *
 * "No such user: newsletter" is about nobody's newsletter. The recipient's local part becomes "<@>", as its address does, its
 * domain, the sender's and our own name "host.example". Where nobody says who is meant, patterns of the rules file tell
 * what must be a name by where it stands (mask blocks, rules.h). Pure. */
#pragma once

#include "said.h"

struct names {
	struct span recipient, sender; /* addresses; empty: not known */
	struct span ours;              /* as whom we said EHLO */
};

/* in's words without them, codes as they are. */
void names_mask(struct said *out, const struct said *in, const struct names *, struct arena *);
/* Whether any of them would be masked. */
bool names_any(const struct names *);
