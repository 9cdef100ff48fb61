#include "readable.h"

#include <string.h>

/* UTF-16 to UTF-8 as far as this needs it: surrogates become '?'. */
static struct span
from_utf16(struct span s, bool big, struct arena *a)
{
	char *to = arena_alloc(a, s.n * 2 + 4);
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.n; i += 2) {
		unsigned hi = (unsigned char)s.p[i + (big ? 0 : 1)],
			 lo = (unsigned char)s.p[i + (big ? 1 : 0)];
		unsigned c = hi << 8 | lo;
		if (c == 0xfeff)
			continue;
		if (c < 0x80)
			to[n++] = (char)c;
		else if (c < 0x800) {
			to[n++] = (char)(0xc0 | c >> 6);
			to[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			to[n++] = c >= 0xd800 && c < 0xe000 ? '?' : (char)(0xe0 | c >> 12);
			if (c < 0xd800 || c >= 0xe000) {
				to[n++] = (char)(0x80 | (c >> 6 & 0x3f));
				to[n++] = (char)(0x80 | (c & 0x3f));
			}
		}
	}
	return span_of(to, n);
}

static struct span
to_utf8(const struct mime_part *p, struct span s, struct arena *a)
{
	struct span charset;

	if (!mime_param(p->content_type, "charset", a, &charset) ||
	    !span_starts_nocase(charset, "utf-16"))
		return s;
	return from_utf16(
	    s, !span_is_nocase(charset, "utf-16le") && !(s.n > 1 && s.p[0] == '\xff'), a);
}

struct span
readable_body(const struct mime_part *p, struct arena *a)
{
	struct span raw = span_first(p->body, READABLE_PART_MAX);
	struct buf out;
	struct span s;

	if (p->transfer != TRANSFER_QP && p->transfer != TRANSFER_BASE64)
		return to_utf8(p, raw, a);
	buf_init(&out, READABLE_PART_MAX + 4096);
	transfer_decode(p->transfer, raw, &out);
	s = arena_span(a, buf_all(&out));
	buf_free(&out);
	return to_utf8(p, s, a);
}

static const struct {
	const char *name;
	char c;
} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
	{ "&nbsp;", ' ' }, { "&#39;", '\'' }, { "&#43;", '+' }, { "&#64;", '@' } };

static size_t
entity(struct span s, char *c)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (span_starts_nocase(s, entities[i].name)) {
			*c = entities[i].c;
			return strlen(entities[i].name);
		}
	*c = '&';
	return 1;
}

static bool
breaks_line(struct span tag)
{
	static const char *const names[] = { "br", "p", "/p", "div", "/div", "tr", "/tr", "li",
		"/td", "table", "pre", "/pre", "h1", "h2", "h3", "/h1", "/h2", "hr", "/b>" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_starts_nocase(tag, names[i]))
			return true;
	return false;
}

/* Behind the tag that begins at s, style and script with what is in them. */
static struct span
skip_tag(struct span s)
{
	ptrdiff_t end;

	if (span_starts_nocase(s, "<style") || span_starts_nocase(s, "<script")) {
		end = span_find_nocase(s, s.p[2] == 't' || s.p[2] == 'T' ? "</style" : "</script");
		if (end > 0)
			s = span_from(s, (size_t)end);
	}
	end = span_find(s, '>');
	return end < 0 ? span_of(NULL, 0) : span_from(s, (size_t)end + 1);
}

/* A tag, and not a "<user@example.com>" somebody forgot to escape. */
static bool
is_tag(struct span s)
{
	struct span t = span_first(span_from(s, 1), 200);
	ptrdiff_t end = span_find(t, '>');

	if (t.n == 0 || !((t.p[0] | 32) >= 'a' && (t.p[0] | 32) <= 'z'))
		return t.n > 0 && (t.p[0] == '/' || t.p[0] == '!' || t.p[0] == '?');
	return end < 0 || span_find(span_first(t, (size_t)end), '@') < 0 ||
	       span_find(span_first(t, (size_t)end), ' ') >= 0;
}

static void
add_without_tags(struct buf *out, struct span s)
{
	while (s.n > 0) {
		char c = s.p[0];

		if (c == '<' && is_tag(s)) {
			if (breaks_line(span_from(s, 1)))
				buf_byte(out, '\n');
			s = skip_tag(s);
			continue;
		}
		s = span_from(s, c == '&' ? entity(s, &c) : 1);
		buf_byte(out, c);
	}
}

static bool
is_attachment(const struct mime_part *p)
{
	return span_starts_nocase(p->disposition, "attachment") &&
	       span_find_nocase(p->content_disposition, "filename") >= 0;
}

struct span
readable_text(const struct mime_part *root, struct arena *a)
{
	struct buf out;
	struct span s;

	buf_init(&out, READABLE_MAX);
	for (const struct mime_part *p = root; p != NULL && !out.over; p = mime_walk(p)) {
		if (p->child != NULL || is_attachment(p))
			continue;
		if (mime_type_is(p, "text/html") && out.n < 40)
			add_without_tags(&out, readable_body(p, a));
		else if (mime_type_is(p, "text/plain") ||
			 (p == root && !mime_is_multipart(p) && !mime_type_is(p, "text/html") &&
			     p->transfer != TRANSFER_BASE64) ||
			 (p->type.n == 0 && p->parent != NULL) ||
			 mime_type_is(p, "message/notification"))
			buf_span(&out, readable_body(p, a));
		else if (mime_is_multipart(p)) /* one whose boundary never came */
			buf_span(&out, readable_body(p, a));
		else
			continue;
		buf_byte(&out, '\n');
	}
	s = arena_span(a, buf_all(&out));
	buf_free(&out);
	return s;
}
