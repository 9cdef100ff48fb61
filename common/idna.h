/* idna.h: domains beyond ASCII (IDNA 2008). Pure.
 *
 * All of this house keeps domains in A-labels: routes, tenants, suppression and DNS see one form, and mail whose
 * local parts are ASCII needs no SMTPUTF8 on its way. */
#pragma once

#include "arena.h"
#include "span.h"

/* The A-labels of a domain in U-labels, lower case, in the arena; ASCII comes out as it is. -1: it is
 * not a valid domain (a letter of it may stand for "@", "[" or "/"). */
int idna_ascii(struct span domain, struct arena *, struct span *out);
