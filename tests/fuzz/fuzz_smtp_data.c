/* Any bytes as what follows DATA, in pieces of any size: the same comes out as in one piece, no bare CR or LF is in it, and
 * a strict content ends where CRLF.CRLF first stands and nowhere else. The first byte says how it is cut. */
#include "crc32c.h"
#include "err.h"

#include "../../smtpd/data.h"
#include "../../smtpd/facts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { OUT_BYTES = 1 << 20 };

struct outcome {
	struct data data;
	struct header_facts header;
	struct arena *arena;
	size_t used;
	bool done;
};

static void
on_header(void *ctx, struct data *d, struct span header)
{
	struct outcome *o = ctx;

	(void)header_facts_read(header, o->arena, &o->header, &d->facts);
}

static void
run(struct outcome *o, struct span in, size_t step, bool repair)
{
	struct data_limits limits = { 1 << 18, 1 << 16, 1 << 14, repair };
	size_t end = 0;

	*o = (struct outcome){ .arena = arena_new(0) };
	data_init(&o->data, &limits, OUT_BYTES, on_header, o);
	while (!o->done && end < in.n) {
		end = end + step > in.n ? in.n : end + step;
		o->used += data_take(&o->data, span_of(in.p + o->used, end - o->used), &o->done);
		must(o->done || end - o->used <= 2);
	}
	if (o->done)
		data_finish(&o->data);
}

static void
clean(const struct outcome *o)
{
	struct span out = buf_all(&o->data.out);

	for (size_t i = 0; i < out.n; i++) {
		if (out.p[i] == '\n')
			must(i > 0 && out.p[i - 1] == '\r');
		if (out.p[i] == '\r')
			must(i + 1 < out.n && out.p[i + 1] == '\n');
	}
	must(o->data.facts.size_bytes == out.n && o->data.facts.header_bytes <= out.n);
	must(o->data.facts.crc32c == crc32c(0, out));
	for (unsigned i = 0; i < o->data.facts.drops_n; i++)
		must(o->data.facts.drops[i].start + o->data.facts.drops[i].length <=
		     o->data.facts.header_bytes);
}

/* Bytes up to and with the final dot, found the plain way; 0: there is none. */
static size_t
true_end(struct span in)
{
	ptrdiff_t at = span_find_str(in, "\r\n.\r\n");

	if (in.n >= 3 && memcmp(in.p, ".\r\n", 3) == 0)
		return 3;
	return at < 0 ? 0 : (size_t)at + 5;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct outcome whole, pieces;
	struct span in;
	bool repair;

	if (n < 2)
		return 0;
	in = span_of(bytes + 1, n - 1);
	repair = bytes[0] & 1;
	run(&whole, in, in.n, repair);
	run(&pieces, in, 1 + bytes[0] / 2 % 17, repair);
	must(whole.done == pieces.done && whole.data.fault == pieces.data.fault);
	must(whole.done == (true_end(in) != 0) && (!whole.done || whole.used == true_end(in)));
	if (whole.done && whole.data.fault == DATA_FINE) {
		must(span_eq(buf_all(&whole.data.out), buf_all(&pieces.data.out)));
		clean(&whole);
		clean(&pieces);
	}
	data_free(&whole.data);
	data_free(&pieces.data);
	arena_free(whole.arena);
	arena_free(pieces.arena);
	return 0;
}
