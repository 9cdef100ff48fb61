/* readable.h: what a person would read of a mail: its text parts decoded, one after the other. Pure.
 *
 * HTML loses its tags. UTF-16 is made UTF-8; other charsets stay as they are, for what is looked for is ASCII.
 * Bounded: READABLE_PART_MAX bytes of a part are decoded, READABLE_MAX kept of all. */
#pragma once

#include "buf.h"
#include "mime.h"

enum { READABLE_PART_MAX = 256 * 1024, READABLE_MAX = 512 * 1024 };

/* One part's body decoded, in the arena; at most READABLE_PART_MAX bytes of it. */
struct span readable_body(const struct mime_part *, struct arena *);
/* The text parts of the tree that are not attachments; HTML only where no plain text came before it. */
struct span readable_text(const struct mime_part *root, struct arena *);
