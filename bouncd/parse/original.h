/* original.h: what a report gives back of the original mail: its header, its Message-ID. Pure. */
#pragma once

#include "mime.h"

/* The header of the returned message, or of the part that holds its headers; empty: none is attached. */
struct span original_attached(const struct mime_part *root, struct arena *);
/* Where in the readable text the original is quoted (its first header line or the line that announces it);
 * text.n: nowhere. */
size_t original_quoted(struct span text);
/* The Message-ID with <>, from a header block or from text that quotes one; empty: none. */
struct span original_message_id(struct span text, struct arena *);
/* The value of the first line "Name: value" in text, quoted or indented ones too. */
struct span original_field(struct span text, const char *name);
