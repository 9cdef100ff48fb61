/* spf_term.h: one term of an SPF record (RFC 7208 4.6.1 and 12), and its macros (7). Pure. */
#pragma once

#include "spf.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
	SPF_UNKNOWN_MODIFIER
};

struct spf_term {
	enum spf_kind kind;
	enum spf_result qualifier; /* what a match means */
	struct span spec; /* domain with its macros, or the network; empty: the domain itself */
	unsigned bits4, bits6; /* of the prefix */
	struct ip ip;          /* SPF_IP4, SPF_IP6 */
};

/* -1: no term that RFC 7208 knows. */
int spf_term_read(struct span, struct spf_term *);
/* The name a spec means. Read before with spf_term_read(), so its syntax holds. At most 253 bytes, in the arena. */
struct span spf_expand(const struct spf_question *, struct span spec, struct span domain);
/* Labels of 1 to 63 bytes, two at least, 253 in all. */
bool spf_name_ok(struct span);
