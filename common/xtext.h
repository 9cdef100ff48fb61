/* xtext.h: how DSN parameters carry what cannot stand in a command (RFC 3461 4), and addresses beyond ASCII (RFC 6533 3).
 *
 * xtext: printable ASCII, +XX for the rest. A utf-8 address stands as it is (unitext) where SMTPUTF8 is spoken, and with
 * \x{HEX} for each character that is not plain ASCII (xtext form) where it is not. */
#pragma once

#include "arena.h"
#include "buf.h"

bool xtext_is(struct span);
/* What is no escape comes out as it is. In the arena. */
struct span xtext_decoded(struct span, struct arena *);

/* A "utf-8" address of either form; what is between must be well-formed. */
bool xtext_is_utf8_address(struct span);
struct span xtext_utf8_decoded(struct span, struct arena *);
/* The ASCII form of what utf8_is(). Bytes that are not come out as '?'. */
void xtext_utf8_put(struct buf *, struct span);
