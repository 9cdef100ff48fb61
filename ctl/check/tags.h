/* tags.h: "name=value; name=value", as DKIM (RFC 6376 3.2) and DMARC (RFC 7489 6.3) records are written. Pure. */
#pragma once

#include "span.h"

/* Takes the next tag. 0: there is none; -1: what stands there is no tag. */
int tags_next(struct span *rest, struct span *name, struct span *value);
/* 1: value found; 0: no such tag; -1: the list is none, or has that tag twice. */
int tags_find(struct span list, const char *name, struct span *value);
