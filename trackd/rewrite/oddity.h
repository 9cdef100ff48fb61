/* oddity.h: what is not as the RFCs have it in a message that is rewritten, and where: what mail programs read all the same and
 * so do we, and what leaves a part as it is. For who asks why; no rewriting needs it. */
#pragma once

#include "mime.h"

struct oddity {
	struct oddity *next;
	size_t at;         /* in the message; with a field, where the header begins that has it */
	const char *field; /* NULL: the place is at */
	const char *what;
	bool left; /* a body that stays as it is for it; else it is read as mail programs do */
};

/* In the order in which the message was walked. */
struct oddities {
	struct oddity *first, *last;
	struct span message;
	struct arena *arena;
};

void oddities_begin(struct oddities *, struct span message, struct arena *);
/* The last one is not added twice. */
void oddity_add(struct oddities *, const char *at, const char *field, const char *what, bool left);
/* Where it is in the message. A look at the header: who rewrites a message of thousands of parts asks nothing. */
size_t oddity_place(const struct oddities *, const struct oddity *);
/* What the part, or a multipart around it, has that leaves its body alone: if anything, it is added. */
bool oddity_of_structure(struct oddities *, const struct mime_part *);
/* A stray "=" in the part's quoted-printable. */
void oddity_of_escape(struct oddities *, const struct mime_part *);
/* A multipart that says it is encoded: mail programs read its parts as they stand. */
void oddity_of_encoding(struct oddities *, const struct mime_part *);
