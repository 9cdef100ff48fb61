/* arf.h: complaints of feedback loops (RFC 5965, 6430, 6591), also as providers really send them. Pure.
 *
 * A report part; its fields in a part of another type, or in the text; no report at all, but a provider's own fields
 * (Microsoft's JMRP, SpamCop, X-ARF) or words around a returned original. Redacted addresses are left out. */
#pragma once

#include "kind.h"
#include "mime.h"

/* Whether the mail is one; then its facts are added to c. original: the header of the returned message. A report about
 * authentication (auth-failure, dmarc) or a summary is KIND_OTHER, KIND_SUB_REPORT. */
bool arf_parse(struct came_back *c, const struct mime_part *root, struct span original,
    const struct kind_clues *, struct arena *);
