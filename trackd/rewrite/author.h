/* author.h: whose mail it is: the domain of the From field (RFC 5322 3.6.2), which a DKIM signature should align with. */
#pragma once

#include "arena.h"
#include "span.h"

/* In A-labels and lower case, in the arena; empty when there is no From field, or more than one, or no address in it. */
struct span from_domain(struct span message, struct arena *);
/* d= of a DKIM-Signature's value, in A-labels and lower case; empty: none. */
struct span signature_domain(struct span value, struct arena *);
/* Is that field named in h= of a DKIM-Signature's value? */
bool signature_names(struct span value, struct span field, struct arena *);
/* Is it that domain, or one below it? False where either is empty. */
bool domain_is_within(struct span domain, struct span of);
