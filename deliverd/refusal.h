/* refusal.h: refusals that are not about the mail (pure): what stood at a wrong place, more recipients than a server
 * takes at once, more messages than it takes over one connection, a mechanism that it does not have. */
#pragma once

#include "reply.h"

/* 503: the command came where the server did not expect it (RFC 5321 4.2.4). */
bool refusal_is_of_place(const struct reply *);
/* One recipient too many for this transaction, whatever the code (RFC 5321 4.5.3.1.10): it goes into the next one. Asked of replies
 * to RCPT. */
bool refusal_is_of_number(const struct reply *);
/* This connection carried as many messages as the server takes over one; another may carry more. Asked of replies to MAIL. */
bool refusal_is_of_connection(const struct reply *);
/* It does not have this way to log in, or not in this form; whether the password is right was not looked at (RFC 4954 4, 6). Asked of
 * replies to AUTH. */
bool refusal_is_of_mechanism(const struct reply *);
