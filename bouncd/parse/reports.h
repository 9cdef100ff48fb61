/* reports.h: the parts of a mail that report to machines: RFC 3464 and 8098, also under wrong types or as text. Pure. */
#pragma once

#include "kind.h"
#include "mime.h"

/* Adds what they say to c. text: readable, where fields are looked for if no part has them. *disposition: what one of
 * RFC 8098 says. Whether there was a report at all. */
bool reports_read(struct came_back *, const struct mime_part *root, struct span text,
    enum disposition *, struct arena *);
/* What the actions of its recipients say; KIND_OTHER: they say nothing. */
enum kind reports_kind(const struct came_back *);
/* Takes out those called delivered, relayed or expanded. */
void reports_drop_delivered(struct came_back *);
