/* inner_text.h: a whole message that a program or a person copied into the text of another, its header as it came
 * (forwarded.h reads the headers that mail programs show instead). Pure. */
#pragma once

#include "arena.h"

/* From its first header line on, without the "> " or the indent before its lines; empty: none. */
struct span inner_text(struct span text, struct arena *);
