/* recipients.h: whom sendmail(1) sends to: its words and the header's addresses, complete, each once. Pure.
 *
 * Lives in the arena; the first that is wrong is kept, and the message then goes to nobody. */
#pragma once

#include "addresses.h"
#include "err.h"

struct recipients {
	struct arena *arena;
	struct span origin; /* domain of those without one */
	struct span *list;
	size_t n, cap;
	struct err wrong; /* text "": none is */
};

void recipients_add(struct recipients *, const struct address *);
/* All of a list: a word of the command line may hold "a@x,b@y" or "A <a@x>". One without any address is wrong. */
void recipients_add_list(struct recipients *, struct span list);
/* Leaves the first of those that are the same; domains have no case. */
void recipients_unique(struct recipients *);
void recipients_free(struct recipients *);

/* May it stand in a command of SMTP? Control bytes may not, and spaces and <> in quotes alone. */
bool recipient_fits(struct span address);
