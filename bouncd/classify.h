/* classify.h: a reply becomes a verdict: by the rules, else by enhanced status (RFC 3463), else by reply code. */
#pragma once

#include "names.h"
#include "rules.h"

/* mx: the server that said it, may be empty. permanent: what to believe where no code says (a mail that reports a
 * final failure: true). Says CATEGORY_NONE, CLASS_NONE where there is neither word nor code. */
struct verdict classify(struct rules *, const struct said *, struct span mx, bool permanent);
/* The same; looks at nothing that is remembered, and remembers nothing. */
struct verdict classify_afresh(struct rules *, const struct said *, struct span mx, bool permanent);
/* classify() of the words without those names; where they were all that a rule knows, with them. */
struct verdict classify_named(struct rules *, const struct said *, const struct names *,
    struct span mx, bool permanent, struct arena *);
