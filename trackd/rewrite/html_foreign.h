/* html_foreign.h: where svg and math are open (WHATWG HTML, 13.2.6.5), as far as it can be known without a tree. */
#pragma once

#include "html.h"

/* A start or end tag comes: what it opens, closes or ends. */
void html_foreign_note(struct html *, const struct html_token *);
