/* returned_id.h: the Message-ID of the mail that came back, wherever a report has it. Pure. */
#pragma once

#include "mime.h"

/* original: its attached header; quoted: readable text from the quoted one on; text: what stands before. Where it stands
 * most plainly: in these, in this order, then in any other part (a copy under a wrong type, a report's own fields). */
struct span returned_message_id(const struct mime_part *root, struct span original,
    struct span quoted, struct span text, struct arena *);
