/* originator.h: the fields that name who wrote a message (RFC 5322 3.6.2, 3.6.6): From, Sender, Resent-From and
 * Resent-Sender. A tenant's may name its own domains alone, whichever way a mail program reads them. Pure.
 *
 * So they must follow the grammar of RFC 5322 3.4 (without groups, source routes and other obsolete forms): what one
 * program repairs in one way, another repairs in another. In display names and comments too, an address that some program
 * may take for the author's must be the tenant's. */
#pragma once

#include "span.h"

struct originator_rule {
	bool (*may_send_as)(const void *ctx, struct span domain);
	const void *ctx;
	bool is_report; /* from <>: a mail daemon's name stands for any domain (RFC 3464 2) */
};

/* What is wrong, for people. */
struct originator_fault {
	const char *field; /* as it is usually written: "From" */
	const char *why;
	struct span near; /* in the header */
	bool domain;      /* near is a domain that the tenant may not send as */
};

/* header: the whole block. From and Sender may stand there once; whoever takes in a message without From completes it, so
 * that no program makes up an author of its own. False: fault says why. */
bool
originator_fields_ok(struct span header, const struct originator_rule *, struct originator_fault *);
/* Whether the address of MAIL FROM can stand as the From of a message that has none. */
bool originator_address_ok(
    struct span address, const struct originator_rule *, struct originator_fault *);
