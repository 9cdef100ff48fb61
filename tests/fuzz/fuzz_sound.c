/* Whatever comes: made sound it keeps its author, made so twice it is the same, and without room it stays as it was. */
#include "err.h"
#include "header.h"
#include "../../trackd/sign/sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
has_author(struct span message)
{
	struct header_field f;
	struct span body;

	return header_find(header_block(message, &body), "From", &f);
}

static void
twice(struct span message, size_t room)
{
	struct arena *arena = arena_new(0);
	struct buf b, once;

	buf_init(&b, message.n + room);
	buf_span(&b, message);
	if (!sound_make(&b, arena))
		must(span_eq(buf_all(&b), message));
	must(!buf_over(&b) && has_author(buf_all(&b)) == has_author(message));
	buf_init(&once, b.n);
	buf_span(&once, buf_all(&b));
	if (room > message.n) {
		sound_make(&b, arena);
		must(span_eq(buf_all(&b), buf_all(&once)));
	}
	buf_free(&b);
	buf_free(&once);
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	twice(span_of(data, n), 4 * n + 65536);
	twice(span_of(data, n), 0);
	return 0;
}
