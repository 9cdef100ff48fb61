/* flat.h: reads one line of flat JSON as events are (event.h): keys and strings, numbers, booleans; nothing nested.
 *
 * For reading millions of our own lines without building trees. A line that is not flat JSON reads as empty. */
#pragma once

#include "buf.h"
#include "span.h"

/* The raw value of a key: a string's inside (escapes as they stand), or the text of a number or boolean. Empty: absent. */
struct span flat_get(struct span line, const char *key);
/* Takes the next key and raw value from *rest (start with the line); false at the end or at nonsense. */
bool flat_next(struct span *rest, struct span *key, struct span *value);
/* Appends a raw string with its escapes resolved. */
void flat_unescape(struct span raw, struct buf *out);
