/* signs.h: what the fields of a header say of who wrote the mail, without a look at its words. Pure. */
#pragma once

#include "span.h"

/* As bits. */
enum sign {
	SIGN_AUTO_REPLIED =
	    1
	    << 0, /* RFC 3834 5, and what programs wrote before and beside it: an answer of itself */
	SIGN_CHALLENGE = 1 << 1, /* a program that wants its sender proved */
	SIGN_TICKET = 1 << 2,    /* a help desk */
	SIGN_MACHINE = 1 << 3,   /* a program, or a list (RFC 2919, 2369, 3834) */
	SIGN_LIST = 1 << 4,      /* a list, also one from before RFC 2919 */
	SIGN_REPORT = 1 << 5,    /* a report about mail (RFC 7489 7.2.1, RFC 8460 5.3) */
	SIGN_ANSWER = 1 << 6,    /* it answers a mail */
	SIGN_REPORTER = 1 << 7,  /* a mail system's own report */
	SIGN_AUTOMATIC = 1 << 8, /* no person pressed a key */
	SIGN_MAILING = 1 << 9,   /* a newsletter */
	SIGN_BULK = 1 << 10,     /* bulk, or automatic: vacation programs before RFC 3834 said so */
	SIGN_OPT_OUT = 1 << 11,  /* a mail program asks out for its user */
};

/* All that the fields of the block say, in one pass. */
unsigned signs_of(struct span header);
