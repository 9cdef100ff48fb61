/* shown.h: addresses in text that people are shown: display names, comments, encoded words (RFC 2047). Pure. */
#pragma once

#include "originator.h"

/* Each "@" must be followed by a domain the rule allows, by what is none ("me @ home"), or by a handle ("me @handle").
 * False: *domain is the one that is not allowed; it lives as long as text. */
bool shown_ok(struct span text, const struct originator_rule *, struct span *domain);
/* The same for what the encoded words of a field's value say once they are decoded, wherever they stand: programs decode
 * them in quotes and comments too, some before they look for addresses. False: *word is the first encoded word of
 * a value that must not stand. */
bool shown_encoded_ok(struct span value, const struct originator_rule *, struct span *word);
/* False: a character of the text (UTF-8) overrides the direction of others (U+202D, U+202E): "moc.live@" is then shown as
 * an address. */
bool shown_turns_nothing(struct span text);
