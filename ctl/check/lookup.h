/* lookup.h: questions to DNS, one at a time, each with a time-out: the only file of posthouse(1) that knows libunbound. */
#pragma once

#include "answer.h"
#include "conf.h"
#include "err.h"

struct lookup;

/* The name servers of the resolver block, as deliverd-resolve asks them. NULL: err says why. */
struct lookup *lookup_new(const struct conf *, struct arena *, struct err *);
void lookup_free(struct lookup *); /* NULL: nothing */
/* An answer_ask with the lookup as its ctx. */
void lookup_ask(void *lookup, struct span name, enum answer_type, struct arena *, struct answer *);
