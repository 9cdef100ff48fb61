#include "inner_text.h"

#include <string.h>

enum { FIELDS_MIN = 3, INNER_TEXT_MAX = 128 * 1024 };

static struct span
unquoted(struct span line)
{
	while (line.n > 0 && line.p[0] == '>')
		line = span_from(line, line.n > 1 && line.p[1] == ' ' ? 2 : 1);
	return line;
}

static bool
is_field(struct span line)
{
	static const char *const names[] = { "From:", "To:", "Subject:", "Date:", "Message-ID:",
		"Received:", "Return-Path:", "Sent:", "X-",
		"Delivered-To:", "MIME-Version:", "Content-", "Reply-To:", "Sender:", "Cc:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_starts_nocase(line, names[i]))
			return true;
	return false;
}

/* Does a header begin there: some fields of a message in a row, From or Return-Path first or among them. */
static bool
header_begins(struct span text, size_t indent)
{
	unsigned fields = 0, lines = 0;
	bool from = false;

	while (text.n > 0 && fields < FIELDS_MIN) {
		struct span line = unquoted(span_from(span_cut(text, '\n', &text), 0));
		struct span bare = span_from(line, indent);

		if (is_field(bare)) {
			fields++;
			from |= span_starts_nocase(bare, "From:") ||
				span_starts_nocase(bare, "Return-Path:");
		} else if (lines == 0 || bare.n == 0 || (bare.p[0] != ' ' && bare.p[0] != '\t'))
			return false;
		if (++lines > 12)
			return false;
	}
	return fields >= FIELDS_MIN && from;
}

static size_t
indent_of(struct span line)
{
	size_t n = 0;

	while (n < line.n && n < 8 && (line.p[n] == ' ' || line.p[n] == '\t' || line.p[n] == '|'))
		n++;
	return n;
}

static struct span
copied(struct span text, size_t indent, struct arena *a)
{
	char *to;
	size_t n = 0;

	text = span_first(text, INNER_TEXT_MAX);
	to = arena_alloc(a, text.n + 1);
	while (text.n > 0) {
		struct span line = unquoted(span_cut(text, '\n', &text));
		size_t white = indent_of(line);

		line = span_from(line, white < indent ? white : indent);
		memcpy(to + n, line.p, line.n);
		n += line.n;
		to[n++] = '\n';
	}
	return span_of(to, n);
}

struct span
inner_text(struct span text, struct arena *a)
{
	struct span rest = text;

	while (rest.n > 0) {
		struct span here = rest, line = unquoted(span_cut(rest, '\n', &rest));
		size_t indent = indent_of(line);

		if (is_field(span_from(line, indent)) && header_begins(here, indent))
			return copied(here, indent, a);
	}
	return span_of(NULL, 0);
}
