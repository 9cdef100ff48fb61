/* inner_text.h: a whole message that stands in the text of another, forwarded or copied there. Pure. */
#pragma once

#include "arena.h"

/* From its first header line on, without the "> " or the indent before its lines; empty: none. */
struct span inner_text(struct span text, struct arena *);
