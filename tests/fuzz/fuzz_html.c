/* Any bytes as HTML, as a document and as what stands in a comment: tokens come in order, one behind the other, and their
 * attributes within them; character references are read to the end. */
#include "../../trackd/rewrite/entity.h"
#include "../../trackd/rewrite/html.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
attributes(struct span text, const struct html_token *t)
{
	size_t i = t->attrs, last = t->attrs;
	struct html_attr a;

	while (html_attr(text, &i, &a)) {
		must(i > last && i <= t->end);
		must(a.start <= a.end && a.end <= t->end);
		must(
		    a.name.n > 0 && a.name.p >= text.p + last && a.name.p + a.name.n <= text.p + i);
		last = i;
	}
	(void)html_attr_find(text, t, "href", &a);
}

static void
tokens(struct html *h, struct span text)
{
	struct html_token t;
	size_t last = 0;

	for (html_next(h, &t); t.kind != HTML_END; html_next(h, &t)) {
		must(t.start >= last && t.end > t.start && t.end <= text.n);
		last = t.end;
		if (t.kind == HTML_TAG)
			attributes(text, &t);
	}
	must(t.start >= last || t.start <= text.n);
	html_next(h, &t);
	must(t.kind == HTML_END);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = span_of(data, n);
	struct html h;
	struct buf out;

	html_begin(&h, text);
	tokens(&h, text);
	html_begin_fragment(&h, text);
	tokens(&h, text);
	buf_init(&out, 4 * n + 64);
	entity_decode(text, &out);
	must(!buf_over(&out));
	buf_free(&out);
	return 0;
}
