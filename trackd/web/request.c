#include "request.h"
#include "hex.h"

#include <ctype.h>

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

/* Is that what the field says, once its escapes are read? */
static bool
form_is(struct span field, const char *text)
{
	field = span_trim(field);
	for (; *text != '\0' && field.n > 0; text++) {
		int hi = field.n > 2 && field.p[0] == '%' ? hex_digit(field.p[1]) : -1;
		int lo = hi >= 0 ? hex_digit(field.p[2]) : -1;
		char c = lo >= 0 ? (char)(hi << 4 | lo) : field.p[0];

		if (tolower((unsigned char)c) != tolower((unsigned char)*text))
			return false;
		field = span_from(field, lo >= 0 ? 3 : 1);
	}
	return *text == '\0' && field.n == 0;
}

/* Some line of it, or some field of a line, says name=value. */
static bool
has_pair(struct span body, const char *name, const char *wanted)
{
	while (body.n > 0) {
		struct span line = span_cut(body, '\n', &body);

		while (line.n > 0) {
			struct span value, field = span_cut(line, '&', &line);

			field = span_cut(field, '=', &value);
			if (form_is(field, name) && form_is(value, wanted))
				return true;
		}
	}
	return false;
}

/* The name of a part with its quotes, or without; what the part holds is behind the empty line. */
static bool
has_part(struct span body, const char *quoted, const char *bare, const char *wanted)
{
	bool named = false, inside = false;

	while (body.n > 0) {
		struct span line = span_trim(span_cut(body, '\n', &body));

		if (inside && line.n > 0 && !span_starts(line, "--"))
			return span_is_nocase(line, wanted);
		if (span_starts_nocase(line, "Content-Disposition:"))
			named = span_find_nocase(line, quoted) >= 0 || span_ends_nocase(line, bare);
		else if (span_starts(line, "--"))
			named = inside = false;
		else if (line.n == 0)
			inside = named;
	}
	return false;
}

bool
request_is_one_click(struct span body)
{
	return has_pair(body, "List-Unsubscribe", "One-Click") ||
	       has_part(body, "name=\"List-Unsubscribe\"", "name=List-Unsubscribe", "One-Click");
}

bool
request_is_by_page(struct span body)
{
	return span_find_str(body, "unsubscribe=page") >= 0;
}

/* What browsers and proxies call a fetch that nobody asked for yet: the standard's name, and older ones. */
static struct span
purpose(const struct http_request *h)
{
	static const char *const names[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };
	struct span value = { NULL, 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && value.n == 0; i++)
		value = http_field(h, names[i]);
	return value;
}

static bool
no_language(const struct http_request *h)
{
	return span_find_nocase(http_field(h, "Accept"), "text/html") >= 0 &&
	       http_field(h, "Accept-Language").n == 0;
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
		.purpose = purpose(h),
		.no_language = no_language(h),
		.one_click = request_is_one_click(body),
		.by_page = request_is_by_page(body) };
}
