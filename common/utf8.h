/* utf8.h: UTF-8 (RFC 3629), byte for byte: no surrogates, nothing overlong, nothing above U+10FFFF. */
#pragma once

#include "span.h"

bool utf8_any_8bit(struct span); /* a byte above 127 */
bool utf8_is(struct span);       /* well-formed throughout; ASCII is */
/* Bytes of the character at the front, *code what it is; 0: s is empty or begins with none. */
size_t utf8_next(struct span s, uint32_t *code);
/* Whether the character acts on the text around it when it is shown: C0, DEL and C1 controls, line and paragraph separators,
 * and marks of direction (Unicode 15.1, 23.1 and 23.2). Log, events and tables escape these. */
bool utf8_is_control(uint32_t code);
/* Bytes at the front that show as they are: well-formed and no controls. The rest begins with what must be escaped. */
size_t utf8_shown(struct span s);
/* Writes it; returns the bytes, 1 to 4. code: 0..10FFFF. */
size_t utf8_put(uint32_t code, char out[4]);
