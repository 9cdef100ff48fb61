/* draft.h: a rule of etc/bounces.conf written from an unknown reply, for a person to look over.
 *
 * It loads as it is, wins its own example, and says the category that was guessed: what it means is the reader's to
 * decide. The pattern is the longest run of words that belongs to no single mail. Pure. */
#pragma once

#include "buf.h"
#include "unknown.h"

void draft_rule(const struct unknown_entry *, struct buf *out);
