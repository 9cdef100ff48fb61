/* arf.h: complaints of feedback loops (RFC 5965), also as providers really send them. Pure. */
#pragma once

#include "came_back.h"
#include "mime.h"

/* Whether root is one; then its facts are added to c. original: the header of the returned message. */
bool
arf_parse(struct came_back *c, const struct mime_part *root, struct span original, struct arena *);
