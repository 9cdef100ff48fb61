/* shown.h: addresses in text that people are shown: display names, comments, encoded words (RFC 2047). Pure. */
#pragma once

#include "originator.h"

/* Each "@" must be followed by white space, by a handle ("me @handle"), or by a domain the rule allows. False: *domain is
 * the one that is not allowed; it lives as long as text. */
bool shown_ok(struct span text, const struct originator_rule *, struct span *domain);
/* The same for what the encoded words of a field's value say once they are decoded, wherever they stand: programs decode
 * them in quotes and comments too, some before they look for addresses. False: *word is the first encoded word of
 * a value that must not stand. */
bool shown_encoded_ok(struct span value, const struct originator_rule *, struct span *word);
