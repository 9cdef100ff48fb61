/* utf8.h: UTF-8 (RFC 3629), byte for byte: no surrogates, nothing overlong, nothing above U+10FFFF. */
#pragma once

#include "span.h"

bool utf8_any_8bit(struct span); /* a byte above 127 */
bool utf8_is(struct span);       /* well-formed throughout; ASCII is */
/* Bytes of the character at the front, *code what it is; 0: s is empty or begins with none. */
size_t utf8_next(struct span s, uint32_t *code);
/* Writes it; returns the bytes, 1 to 4. code: 0..10FFFF. */
size_t utf8_put(uint32_t code, char out[4]);
