/* sevenbit.h: the 7-bit form of a message, for a server without 8BITMIME (RFC 6152 3).
 *
 * Leaf parts with bytes above 127 become quoted-printable; nothing else changes but their encoding fields and those of
 * the multiparts around them. Signed and encrypted parts and nested messages cannot be changed. 8-bit header fields and text
 * outside the parts stay as they are: 8BITMIME is about bodies, and other relays pass them on too. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"

/* In place. -1: it has no 7-bit form; err is a reply text with enhanced code ("5.6.3 ..."). */
int sevenbit_make(struct buf *message, struct arena *, struct err *);
