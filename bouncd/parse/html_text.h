/* html_text.h: what a person reads of HTML: tags gone, entities resolved, block elements and table cells on lines of their
 * own; style, script, head comments skipped. Pure, linear. Text in, as UTF-8; text out, as UTF-8, into a buf that bounds it. */
#pragma once

#include "buf.h"

void html_text(struct buf *out, struct span html);
