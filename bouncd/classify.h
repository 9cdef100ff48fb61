/* classify.h: a reply becomes a verdict: by the rules, by the model of words where no rule is sure,
 * else by enhanced status (RFC 3463), else by reply code. */
#pragma once

#include "model.h"
#include "rules.h"

/* mx: the server that said it, may be empty. permanent: what to believe where no code says (a mail that reports a
 * final failure: true). Says CATEGORY_NONE, CLASS_NONE where there is neither word nor code. */
struct verdict classify(struct rules *, const struct said *, struct span mx, bool permanent);
/* The same with other weights; NULL: without a model. */
struct verdict classify_with(
    struct rules *, const struct model *, const struct said *, struct span mx, bool permanent);
