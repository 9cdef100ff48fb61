/* entity.h: the character references of HTML as an attribute's value resolves them (WHATWG HTML, 13.2.5.72). */
#pragma once

#include "buf.h"

/* raw is UTF-8. NUL and numbers that are no characters come out as U+FFFD. */
void entity_decode(struct span raw, struct buf *out);

/* One code point as UTF-8; surrogates, 0 and what is beyond U+10FFFF as U+FFFD. */
void entity_put_utf8(struct buf *out, uint32_t c);

/* The names, by first letter (entity_table.c). */
extern const char *const entity_upper[26], *const entity_lower[26];
