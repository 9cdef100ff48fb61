#include "header.h"

#include <string.h>

/* The line at the front of s, with its line end. */
static struct span
line_of(struct span s)
{
	ptrdiff_t lf = span_find(s, '\n');

	return lf < 0 ? s : span_first(s, (size_t)lf + 1);
}

static struct span
without_line_end(struct span s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	while (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* RFC 5322 2.2: any printable character but the colon; 4.5: white space before it was once allowed. */
static size_t
name_length(struct span line)
{
	size_t n = 0, colon;

	while (n < line.n && line.p[n] > 32 && line.p[n] < 127 && line.p[n] != ':')
		n++;
	colon = n;
	while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
		colon++;
	return n > 0 && colon < line.n && line.p[colon] == ':' ? n : 0;
}

static bool
continues(struct span s)
{
	return s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t');
}

bool
header_next(struct span *rest, struct header_field *f)
{
	struct span line = line_of(*rest), value;
	size_t n = line.n;

	*f = (struct header_field){ 0 };
	if (line.n == 0)
		return false;
	while (continues(span_from(*rest, n)))
		n += line_of(span_from(*rest, n)).n;
	f->whole = span_first(*rest, n);
	f->name = span_first(line, name_length(line));
	f->bad = f->name.n == 0;
	*rest = span_from(*rest, n);
	if (f->bad)
		return true;
	span_cut(span_from(f->whole, f->name.n), ':', &value);
	f->value = without_line_end(value);
	return true;
}

bool
header_find(struct span block, const char *name, struct header_field *f)
{
	while (header_next(&block, f))
		if (span_is_nocase(f->name, name))
			return true;
	return false;
}

size_t
header_count(struct span block, const char *name)
{
	struct header_field f;
	size_t n = 0;

	while (header_next(&block, &f))
		n += span_is_nocase(f.name, name);
	return n;
}

bool
header_is_mbox_line(struct span message)
{
	struct span rest;

	if (span_starts(message, ">From "))
		return true;
	if (!span_starts(message, "From "))
		return false;
	rest = span_trim(span_from(message, 5));
	return rest.n > 0 && rest.p[0] != ':';
}

struct span
header_block(struct span message, struct span *body)
{
	struct span rest = message;

	while (rest.n > 0) {
		struct span line = line_of(rest);

		rest = span_from(rest, line.n);
		if (without_line_end(line).n == 0) {
			*body = rest;
			return span_first(message, (size_t)(line.p - message.p));
		}
	}
	*body = rest;
	return message;
}

struct span
header_unfolded(struct span value, struct arena *arena)
{
	struct span in = span_trim(value);
	char *out = arena_alloc(arena, in.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\r' && in.p[i] != '\n')
			out[n++] = in.p[i];
	return span_of(out, n);
}

struct span
header_bare(struct span value, struct arena *arena)
{
	struct span in = header_unfolded(value, arena);
	char *out = arena_alloc(arena, in.n + 1);
	size_t n = 0, depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		size_t pair = c == '\\' && i + 1 < in.n && (quoted || depth > 0);

		if (depth == 0 && (quoted || c != '(')) {
			memcpy(out + n, in.p + i, 1 + pair);
			n += 1 + pair;
		}
		i += pair;
		if (pair > 0)
			continue;
		if (c == '"' && depth == 0)
			quoted = !quoted;
		else if (c == '(' && !quoted)
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
	}
	return span_trim(span_of(out, n));
}
