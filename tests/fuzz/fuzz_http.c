/* Any bytes as a request, whole and in pieces: both read the same, nothing that could end a line is in what was read, and
 * the limits hold. */
#include "err.h"

#include "../../trackd/web/http_body.h"
#include "../../trackd/web/request.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
is_clean(struct span s)
{
	return span_find(s, '\r') < 0 && span_find(s, '\n') < 0 && span_find(s, '\0') < 0;
}

static void
check(const struct http_request *r, struct span in)
{
	must(r->head_bytes <= in.n && r->head_bytes <= HTTP_HEAD_MAX + 2);
	must(r->fields_n <= HTTP_FIELDS_MAX && r->body_bytes <= HTTP_BODY_MAX);
	must(is_clean(r->path) && r->path.n > 0 && r->path.p[0] == '/');
	must(is_clean(r->host) && span_find(r->path, ' ') < 0);
	must(!r->chunked || r->body_bytes == 0);
	for (size_t i = 0; i < r->fields_n; i++)
		must(is_clean(r->fields[i].value) && is_clean(r->fields[i].name) &&
		     span_find(r->fields[i].name, ' ') < 0 && r->fields[i].name.n > 0);
}

static enum http_step
in_pieces(struct span in, size_t step, struct http_request *r)
{
	struct http_scan scan = { 0, 0 };
	enum http_step s = HTTP_MORE;

	for (size_t n = step; s == HTTP_MORE && n < in.n + step; n += step)
		s = http_head(span_first(in, n), &scan, r);
	return s;
}

static enum http_step
body(const struct http_request *r, struct span in, size_t step, struct buf *out)
{
	struct http_body b;
	enum http_step s = HTTP_MORE;

	http_body_start(&b, r);
	buf_reset(out);
	while (s == HTTP_MORE && in.n > 0) {
		struct span piece = span_first(in, step);
		size_t n = piece.n;

		s = http_body_take(&b, &piece, out);
		in = span_from(in, n - piece.n);
		must(s != HTTP_MORE || piece.n == 0);
	}
	must(out->n <= HTTP_BODY_MAX && !buf_over(out));
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t step = n == 0 ? 1 : bytes[0] % 7 + 1;
	struct span in = span_from(span_of(bytes, n), 1);
	static struct http_request whole, pieces;
	struct http_scan scan = { 0, 0 };
	struct web_request request;
	struct buf one, other, scratch;
	enum http_step a, b;

	a = http_head(in, &scan, &whole);
	b = in_pieces(in, step, &pieces);
	must(a == b || in.n > HTTP_FIELDS_BYTES);
	if (a != HTTP_READY || b != HTTP_READY)
		return 0;
	check(&whole, in);
	must(span_eq(whole.path, pieces.path) && whole.head_bytes == pieces.head_bytes);
	buf_init(&one, HTTP_BODY_MAX);
	buf_init(&other, HTTP_BODY_MAX);
	buf_init(&scratch, HTTP_LINE_MAX);
	in = span_from(in, whole.head_bytes);
	must(body(&whole, in, in.n + 1, &one) == body(&whole, in, step, &other));
	must(span_eq(buf_all(&one), buf_all(&other)));
	request_read(&whole, buf_all(&one), &scratch, &request);
	must(request.path.n <= whole.path.n && request.path.n > 0);
	buf_free(&one);
	buf_free(&other);
	buf_free(&scratch);
	return 0;
}
