/* mailbox_list.h: the value of a From or Sender field by the grammar (RFC 5322 3.4, RFC 6532), and what of it a mail program
 * might take for an address. Pure.
 *
 * Allowed beyond the strict grammar, since no program reads it otherwise: dots in a display name (obs-phrase), and an
 * encoded word that holds bytes of punctuation. */
#pragma once

#include "originator.h"

struct mailbox_fault {
	const char *why; /* what is wrong */
	struct span near;
	bool domain; /* near is a domain that the rule does not allow */
};

/* False: the fault. one: a single mailbox (Sender). */
bool mailbox_list_ok(
    struct span value, bool one, const struct originator_rule *, struct mailbox_fault *);
