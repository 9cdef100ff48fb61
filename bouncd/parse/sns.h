/* sns.h: notifications of Amazon SES, sent as mail by SNS: a JSON object as the text. Pure. */
#pragma once

#include "came_back.h"

/* Whether text begins with one; then its facts are added to c, with the kind. */
bool sns_parse(struct came_back *c, struct span text, struct arena *);
