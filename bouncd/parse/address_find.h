/* address_find.h: mail addresses in running text: loose reading of what strangers wrote. Pure. */
#pragma once

#include "span.h"

/* The first address in s: local@domain, or a "quoted local"@domain; *rest (may be NULL) begins behind it.
 * Empty if there is none. */
struct span address_find(struct span s, struct span *rest);
/* From a field value such as "rfc822; <a@b>" or "\"Name\" <a@b>": the last thing in angle brackets, else the first
 * address, else (with a type in front) the bare word. */
struct span address_of_field(struct span value);
bool address_is_daemon(struct span address); /* mailer-daemon, postmaster */
/* One that people are told to write to: a list's owner or commands, a help desk, a robot. */
bool address_is_service(struct span address);
