#include "readable.h"
#include "charset.h"
#include "html_text.h"

/* Bytes of text as UTF-8; of other parts (reports, messages) as they are, for what is looked for there is ASCII. */
static struct span
as_utf8(const struct mime_part *p, struct span s, struct arena *a)
{
	struct span charset;

	if (p->type.n > 0 && !span_starts(p->type, "text/") &&
	    !mime_type_is(p, "message/notification"))
		return s;
	mime_param(p->content_type, "charset", a, &charset);
	return charset_to_utf8(charset, s, a);
}

struct span
readable_body(const struct mime_part *p, struct arena *a)
{
	struct span raw = span_first(p->body, READABLE_PART_MAX);
	struct buf out;
	struct span s;

	if (arena_over(a))
		return span_of(NULL, 0);
	if (p->transfer != TRANSFER_QP && p->transfer != TRANSFER_BASE64)
		return as_utf8(p, raw, a);
	buf_init(&out, READABLE_PART_MAX + 4096);
	transfer_decode(p->transfer, raw, &out);
	s = arena_span(a, buf_all(&out));
	buf_free(&out);
	return as_utf8(p, s, a);
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
	unsigned parts = 0;
	struct buf out;
	struct span s;

	buf_init(&out, READABLE_MAX);
	for (const struct mime_part *p = root; p != NULL && !out.over && parts < READABLE_PARTS_MAX;
	     p = mime_walk(p), parts++) {
		if (p->child != NULL || is_attachment(p))
			continue;
		if (mime_type_is(p, "text/html") && out.n < 40)
			html_text(&out, readable_body(p, a));
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
