/* forwarded.h: a message that a person forwarded as text: announced, its header as the mail program showed it, often with
 * "> " before each line. Pure. */
#pragma once

#include "arena.h"

/* The message as if it had come: fields under their own names, an empty line, the text without one level of quoting.
 * text is UTF-8. Empty: none is forwarded there. Lives in the arena; linear in text. */
struct span forwarded_message(struct span text, struct arena *);
