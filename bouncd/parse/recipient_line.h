/* recipient_line.h: a line of a report that begins with the recipient it is about. Pure.
 *
 * "<joe@example.org>: reason", "joe@example.org", ">>> joe@example.org", "Recipient: joe@example.org", "Failed address:
 * ..." and their like; decorations and labels before the address are skipped. */
#pragma once

#include "span.h"

struct recipient_line {
	struct span address;
	struct span rest; /* what follows the address, its brackets taken off */
	bool opens;       /* by its form: what follows is a reason, or nothing */
};

/* False: the line begins otherwise. */
bool recipient_line(struct span line, struct recipient_line *);
/* "From: ", "Subject: " and such: the line quotes a header or an envelope, it names no recipient. */
bool recipient_line_is_quoted(struct span line);
