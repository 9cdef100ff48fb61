/* readable.h: what a person would read of a mail: its text parts decoded, one after the other. Pure.
 *
 * Text becomes UTF-8 (charset.h); HTML loses its tags; what is no text is decoded and left as it is. Bounded:
 * READABLE_PART_MAX bytes of a part are decoded, READABLE_MAX kept of all, READABLE_PARTS_MAX parts looked at; once the
 * arena is over, nothing more is decoded. */
#pragma once

#include "buf.h"
#include "mime.h"

enum { READABLE_PART_MAX = 256 * 1024, READABLE_MAX = 512 * 1024, READABLE_PARTS_MAX = 200 };

/* One part's body decoded, in the arena; at most READABLE_PART_MAX bytes of it; empty once the arena is over. */
struct span readable_body(const struct mime_part *, struct arena *);
/* The text parts of the tree that are not attachments; HTML only where no plain text came before it. */
struct span readable_text(const struct mime_part *root, struct arena *);
