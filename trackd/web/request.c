#include "request.h"
#include "hex.h"

/* Some mail programs escape what needs no escape; what is no escape stays as it is. */
static struct span
decoded(struct span s, struct buf *scratch)
{
	buf_reset(scratch);
	for (size_t i = 0; i < s.n; i++) {
		int hi = s.n - i > 2 && s.p[i] == '%' ? hex_digit(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_digit(s.p[i + 2]) : -1;

		buf_byte(scratch, lo >= 0 ? (char)(hi << 4 | lo) : s.p[i]);
		i += lo >= 0 ? 2 : 0;
	}
	return buf_over(scratch) ? s : buf_all(scratch);
}

bool
request_is_one_click(struct span body)
{
	ptrdiff_t name = span_find_nocase(body, "name=\"List-Unsubscribe\"");

	return span_find_nocase(body, "List-Unsubscribe=One-Click") >= 0 ||
	       (name >= 0 && span_find_nocase(span_from(body, (size_t)name), "One-Click") >= 0);
}

bool
request_is_by_page(struct span body)
{
	return span_find_str(body, "unsubscribe=page") >= 0;
}

void
request_read(
    const struct http_request *h, struct span body, struct buf *scratch, struct web_request *r)
{
	*r = (struct web_request){ .method = span_is(h->method, "HEAD")   ? WEB_HEAD
					     : span_is(h->method, "POST") ? WEB_POST
									  : WEB_GET,
		.path = span_find(h->path, '%') < 0 ? h->path : decoded(h->path, scratch),
		.host = h->host,
		.user_agent = http_field(h, "User-Agent"),
		.one_click = request_is_one_click(body),
		.by_page = request_is_by_page(body) };
}
