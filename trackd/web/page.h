/* page.h: the pages people see: plain HTML that needs no script, loads nothing, fits a telephone, and is dark where the reader
 * wants it so. Pure. */
#pragma once

#include "answer.h"
#include "page_text.h"

/* Its style is the only one a browser may take: Content-Security-Policy of a page. */
extern const char page_policy[];

/* Status and media type of an answer. */
unsigned page_status(enum answer_kind);
const char *page_type(enum answer_kind);
bool page_is_html(enum answer_kind);
/* Its body; text as answer() gave it. */
void page_write(enum answer_kind, struct span text, enum page_language, struct buf *out);
