#include "returned_id.h"
#include "original.h"
#include "readable.h"

static bool
may_quote(const struct mime_part *p)
{
	return p->parent != NULL && p->child == NULL && !span_starts(p->type, "image/") &&
	       !span_starts(p->type, "audio/") && !span_starts(p->type, "video/") &&
	       !mime_is_multipart(p) && !mime_type_is(p, "message/feedback-report");
}

struct span
returned_message_id(const struct mime_part *root, struct span original, struct span quoted,
    struct span text, struct arena *a)
{
	struct span id = original_message_id(original, a);
	unsigned parts = 0;

	if (id.n == 0)
		id = original_message_id(quoted, a);
	if (id.n == 0)
		id = original_message_id(text, a);
	for (const struct mime_part *p = root; p != NULL && id.n == 0 && parts < READABLE_PARTS_MAX;
	     p = mime_walk(p), parts++)
		if (may_quote(p))
			id = original_message_id(readable_body(p, a), a);
	return id;
}
