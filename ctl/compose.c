#include "compose.h"
#include "header.h"

#include <string.h>

enum { HEADER_BYTES = 16 << 20 }; /* header-size of a listener is 16M at most */

/* Is this line one of a header: name, colon; or does it go on with the line before? */
static bool
is_header_line(struct span line, bool first)
{
	size_t i = 0;

	if (!first && (line.p[0] == ' ' || line.p[0] == '\t'))
		return true;
	while (i < line.n && line.p[i] > ' ' && line.p[i] < 127 && line.p[i] != ':')
		i++;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	return i > 0 && line.p[0] != ':' && i < line.n && line.p[i] == ':';
}

/* The next line without its end: LF, and CRs in front of it. */
static struct span
line_take(struct span *rest)
{
	struct span line = span_cut(*rest, '\n', rest);

	while (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static void
header_line_add(struct buf *out, struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		buf_byte(out, line.p[i] == '\r' ? ' ' : line.p[i]);
	buf_str(out, "\r\n");
}

/* The header as it came, with CRLF; *body begins behind the empty line, or where the header breaks off. */
static void
header_take(struct span in, struct buf *header, struct span *body)
{
	struct span rest = in;

	if (span_starts(rest, "From ") || span_starts(rest, ">From "))
		line_take(&rest);
	*body = rest;
	while (rest.n > 0) {
		struct span line = line_take(&rest);

		if (line.n == 0) {
			*body = rest;
			return;
		}
		if (!is_header_line(line, header->n == 0))
			return;
		header_line_add(header, line);
		*body = rest;
	}
}

static bool
is_hidden(struct span name)
{
	return span_is_nocase(name, "Bcc") || span_is_nocase(name, "Resent-Bcc");
}

static bool
is_atom(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ' ' || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static void
from_add(const struct compose *c, struct buf *out)
{
	bool quote = false;

	for (size_t i = 0; i < c->full_name.n; i++)
		quote |= !is_atom(c->full_name.p[i]);
	buf_str(out, "From: ");
	if (c->full_name.n > 0) {
		buf_str(out, quote ? "\"" : "");
		for (size_t i = 0; i < c->full_name.n; i++) {
			char b = c->full_name.p[i];

			if (b == '"' || b == '\\')
				buf_byte(out, '\\');
			buf_byte(out, b == '\r' || b == '\n' ? ' ' : b);
		}
		buf_str(out, quote ? "\" " : " ");
	}
	buf_printf(out, "<%.*s>\r\n", SPAN(c->from));
}

/* RFC 5322 3.6.2, 3.6.3, 3.6.6: fields that hold addresses. */
static bool
holds_addresses(struct span name)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc" };

	if (span_starts_nocase(name, "Resent-"))
		name = span_from(name, sizeof("Resent-") - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is_nocase(name, names[i]))
			return true;
	return false;
}

/* The field as it is, with the origin behind local parts that stand alone. */
static void
addresses_put(
    const struct compose *c, const struct header_field *f, struct arena *arena, struct buf *out)
{
	size_t at = 0, put = 0, head = (size_t)(f->value.p - f->whole.p);
	struct address a;

	buf_span(out, span_first(f->whole, head));
	while (addresses_next(f->value, &at, arena, &a)) {
		if (a.wrong == NULL && !a.has_domain) {
			buf_span(out, span_of(f->value.p + put, a.domain_at - put));
			buf_printf(out, "@%.*s", SPAN(c->origin));
			put = a.domain_at;
		}
		arena_reset(arena);
	}
	buf_span(out, span_from(f->whole, head + put));
}

static void
header_put(const struct compose *c, struct span header, struct buf *out)
{
	struct arena *scratch = arena_new(0);
	struct header_field f;
	struct span rest = header;

	if (!header_find(header, "Date", &f))
		buf_printf(out, "Date: %.*s\r\n", SPAN(c->date));
	if (!header_find(header, "From", &f))
		from_add(c, out);
	if (!header_find(header, "Message-ID", &f))
		buf_printf(out, "Message-ID: <%.*s>\r\n", SPAN(c->message_id));
	while (header_next(&rest, &f))
		if (holds_addresses(f.name))
			addresses_put(c, &f, scratch, out);
		else if (!is_hidden(f.name))
			buf_span(out, f.whole);
	buf_str(out, "\r\n");
	arena_free(scratch);
}

static void
body_put(const struct compose *c, struct span body, struct buf *out)
{
	while (body.n > 0 && !buf_over(out)) {
		struct span line = line_take(&body);

		if (c->dot_ends && span_is(line, "."))
			return;
		for (size_t i = 0; i < line.n;) {
			ptrdiff_t cr = span_find(span_from(line, i), '\r');

			buf_span(
			    out, cr < 0 ? span_from(line, i) : span_of(line.p + i, (size_t)cr));
			buf_str(out, cr < 0 ? "" : "\r\n");
			i = cr < 0 ? line.n : i + (size_t)cr + 1;
		}
		buf_str(out, "\r\n");
	}
}

void
compose_message(const struct compose *c, struct span in, struct buf *out)
{
	struct span body;
	struct buf header;

	buf_init(&header, HEADER_BYTES);
	header_take(in, &header, &body);
	header_put(c, buf_all(&header), out);
	out->over |= header.over;
	body_put(c, body, out);
	buf_free(&header);
}

void
compose_dots(struct span message, struct buf *out)
{
	while (message.n > 0) {
		ptrdiff_t lf = span_find(message, '\n');
		size_t n = lf < 0 ? message.n : (size_t)lf + 1;

		if (message.p[0] == '.')
			buf_byte(out, '.');
		buf_span(out, span_first(message, n));
		message = span_from(message, n);
	}
}

void
compose_recipients(
    struct span in, struct arena *arena, void (*each)(void *, const struct address *), void *ctx)
{
	static const char *const names[2][3] = { { "To", "Cc", "Bcc" },
		{ "Resent-To", "Resent-Cc", "Resent-Bcc" } };
	struct header_field f;
	struct span body, rest;
	struct address address;
	struct buf header;
	unsigned resent = 0;

	buf_init(&header, HEADER_BYTES);
	header_take(in, &header, &body);
	for (unsigned i = 0; i < 3; i++)
		resent |= header_find(buf_all(&header), names[1][i], &f);
	rest = buf_all(&header);
	while (header_next(&rest, &f))
		for (unsigned i = 0; i < 3; i++) {
			size_t at = 0;

			while (span_is_nocase(f.name, names[resent][i]) &&
			       addresses_next(f.value, &at, arena, &address))
				each(ctx, &address);
		}
	buf_free(&header);
}
