#include "http_answer.h"
#include "page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE_BYTES = 16 * 1024, RETRY_S = 60, RATE_RETRY_S = 10 };

static const struct {
	unsigned status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 302, "Found" },
	{ 400, "Bad Request" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
phrase(unsigned status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Refused";
}

static void
put_start(struct buf *out, unsigned status, const char *type, size_t body_bytes,
    const struct http_manner *m)
{
	buf_printf(out,
	    "HTTP/1.1 %u %s\r\nDate: %s\r\n"
	    "Cache-Control: no-store, no-cache, must-revalidate, private\r\n"
	    "Referrer-Policy: no-referrer\r\nX-Robots-Tag: noindex, nofollow\r\n"
	    "X-Content-Type-Options: nosniff\r\n",
	    status, phrase(status), m->date);
	if (status != 204) /* RFC 9110 8.6 */
		buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body_bytes);
	if (!m->keep)
		buf_str(out, "Connection: close\r\n");
	else if (m->old)
		buf_str(out, "Connection: keep-alive\r\n");
	if (status == 503)
		buf_printf(out, "Retry-After: %d\r\n", RETRY_S);
}

static void
put_end(struct buf *out, struct span body, const struct http_manner *m)
{
	buf_str(out, "\r\n");
	if (!m->head)
		buf_span(out, body);
}

static bool
is_header_value(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

void
http_answer_put(
    struct buf *out, enum answer_kind kind, struct span text, const struct http_manner *m)
{
	static struct buf body = { .max = PAGE_BYTES };

	if (kind == ANSWER_REDIRECT && !is_header_value(text))
		kind = ANSWER_NOT_FOUND;
	buf_reset(&body);
	page_write(kind, text, m->language, &body);
	put_start(out, page_status(kind), page_type(kind), body.n, m);
	if (kind == ANSWER_REDIRECT) {
		buf_str(out, "Location: ");
		buf_span(out, text);
		buf_str(out, "\r\n");
	}
	if (page_is_html(kind))
		buf_printf(out, "Content-Language: %s\r\nContent-Security-Policy: %s\r\n",
		    page_words(m->language)->code, page_policy);
	put_end(out, buf_all(&body), m);
}

void
http_refusal_put(struct buf *out, unsigned status, const struct http_manner *m)
{
	char body[64];
	int n = snprintf(body, sizeof(body), "%u %s\n", status, phrase(status));

	put_start(out, status, "text/plain; charset=utf-8", (size_t)n, m);
	if (status == 405)
		buf_str(out, "Allow: GET, HEAD, POST\r\n");
	if (status == 429)
		buf_printf(out, "Retry-After: %d\r\n", RATE_RETRY_S);
	put_end(out, span_of(body, (size_t)n), m);
}

void
http_farewell_2_put(struct buf *out)
{
	static const char frames[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0, /* SETTINGS, empty */
		0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		13 /* GOAWAY: 0, HTTP_1_1_REQUIRED */ };

	buf_add(out, frames, sizeof(frames));
}

void
http_date(uint64_t time_ms, char out[32])
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm); /* no role sets a locale, so the names are English */
	out[strftime(out, 31, "%a, %d %b %Y %H:%M:%S GMT", &tm)] = '\0';
}
