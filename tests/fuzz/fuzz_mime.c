/* Any bytes make a tree whose parts lie in the message, in order, none inside what it is not a part of. */
#include "header.h"
#include "mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_part(const struct mime_part *p, struct span message)
{
	const char *end = message.p + message.n;

	must(p->header.p >= message.p && p->header.p + p->header.n <= p->body.p);
	must(p->body.p + p->body.n <= end);
	must(p->depth <= MIME_DEPTH);
	must(p->next == NULL || p->next->header.p >= p->body.p + p->body.n);
	must(p->child == NULL || p->child->header.p >= p->body.p);
	must(p->child == NULL || p->last->body.p + p->last->body.n <= end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span message = span_of(data, n), value;
	struct arena *arena = arena_new(0);
	struct mime_part *p;
	struct buf out;

	buf_init(&out, n + 16);
	if (mime_parse(message, arena, &p, NULL) == 0)
		for (; p != NULL; p = mime_walk(p)) {
			check_part(p, message);
			mime_param(p->content_type, "charset", arena, &value);
			mime_param(p->content_disposition, "filename", arena, &value);
			buf_reset(&out);
			transfer_decode(p->transfer, p->body, &out);
			must(!buf_over(&out));
		}
	buf_free(&out);
	arena_free(arena);
	return 0;
}
