/* page.h: the pages people see: plain HTML that needs no script, loads nothing and fits a telephone. Pure. */
#pragma once

#include "answer.h"

/* Status and media type of an answer. */
unsigned page_status(enum answer_kind);
const char *page_type(enum answer_kind);
/* Its body; text as answer() gave it. */
void page_write(enum answer_kind, struct span text, struct buf *out);
