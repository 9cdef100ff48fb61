/* dsn.h: the fields of a delivery status notification (RFC 3464), also as broken ones have them. Pure.
 *
 * Groups of fields with empty lines between; the first group is of the message, each other of a recipient. A
 * recipient's fields that stand in the first group, or several recipients in one group, are taken too. */
#pragma once

#include "came_back.h"

/* Adds what body (decoded) says to c; returns how many recipients it had, also the delivered ones. */
unsigned dsn_parse(struct came_back *c, struct span body, struct arena *);
/* Where in running text the fields of a report begin (a line with Final-Recipient, or Reporting-MTA before it);
 * -1: nowhere. */
ptrdiff_t dsn_in_text(struct span text);
