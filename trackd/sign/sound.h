/* sound.h: the form of a message that relays leave alone, made before it is signed.
 *
 * What a relay on the way would change spoils the signature, so it is changed here, as those relays do it: Postfix and Exim end the
 * header at the first line that is no field; Postfix breaks lines over 998 octets (RFC 5321 4.5.3.1.6) and Exim sends
 * the mail back. Also a DKIM-Signature field goes that lacks what every one has: libopendkim gives up the whole mail for it. */
#pragma once

#include "arena.h"
#include "buf.h"

enum { SOUND_LINE_OCTETS = 998 };

/* In place; a sound message is only looked at. Parts with long lines become quoted-printable (those that are, or base64, get
 * shorter lines), but for what is signed, encrypted or nested, and header lines are folded where white space allows: what cannot be
 * mended stays.
 * True: something was changed. */
bool sound_make(struct buf *message, struct arena *);
