/* refusal.h: refusals that are not about the mail (pure): what stood at a wrong place, and more recipients than a server
 * takes at once. */
#pragma once

#include "reply.h"

/* 503: the command came where the server did not expect it (RFC 5321 4.2.4). */
bool refusal_is_of_place(const struct reply *);
/* One recipient too many for this transaction, whatever the code (RFC 5321 4.5.3.1.10): it goes into the next one. Asked of replies
 * to RCPT. */
bool refusal_is_of_number(const struct reply *);
