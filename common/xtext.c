#include "xtext.h"
#include "utf8.h"

/* RFC 3461 4: capital letters alone. */
static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_escape(struct span s)
{
	return s.n >= 3 && s.p[0] == '+' && digit(s.p[1]) >= 0 && digit(s.p[2]) >= 0;
}

bool
xtext_is(struct span s)
{
	bool any = s.n > 0;

	while (s.n > 0) {
		if (s.p[0] < '!' || s.p[0] > '~' || s.p[0] == '=' ||
		    (s.p[0] == '+' && !is_escape(s)))
			return false;
		s = span_from(s, s.p[0] == '+' ? 3 : 1);
	}
	return any;
}

struct span
xtext_decoded(struct span s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;

	while (s.n > 0) {
		bool escape = is_escape(s);

		out[n++] = escape ? (char)(digit(s.p[1]) << 4 | digit(s.p[2])) : s.p[0];
		s = span_from(s, escape ? 3 : 1);
	}
	return span_of(out, n);
}

/* "\x{E9}": its bytes and its character; 0: none is here. */
static size_t
embedded(struct span s, uint32_t *code)
{
	size_t i = 3;

	if (s.n < 6 || s.p[0] != '\\' || (s.p[1] != 'x' && s.p[1] != 'X') || s.p[2] != '{')
		return 0;
	for (*code = 0; i < s.n && i < 9 && digit(s.p[i]) >= 0; i++)
		*code = *code << 4 | (uint32_t)digit(s.p[i]);
	if (i < 5 || i == s.n || s.p[i] != '}' || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return i + 1;
}

/* The character at the front in either form. */
static size_t
either(struct span s, uint32_t *code)
{
	size_t n = embedded(s, code);

	if (n > 0)
		return n;
	n = utf8_next(s, code);
	return n > 0 && *code > ' ' && *code != 127 && *code != '\\' && *code != '+' && *code != '='
		   ? n
		   : 0;
}

bool
xtext_is_utf8_address(struct span s)
{
	bool any = s.n > 0;
	uint32_t code;

	for (size_t n; s.n > 0; s = span_from(s, n)) {
		n = either(s, &code);
		if (n == 0)
			return false;
	}
	return any;
}

struct span
xtext_utf8_decoded(struct span s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 4);
	size_t n = 0;

	while (s.n > 0) {
		uint32_t code;
		size_t took = embedded(s, &code);

		if (took == 0)
			out[n++] = s.p[0];
		else
			n += utf8_put(code, out + n);
		s = span_from(s, took == 0 ? 1 : took);
	}
	return span_of(out, n);
}

void
xtext_utf8_put(struct buf *out, struct span s)
{
	while (s.n > 0) {
		uint32_t code;
		size_t n = utf8_next(s, &code);

		if (n == 0)
			buf_byte(out, '?');
		else if (code <= ' ' || code >= 127 || code == '\\' || code == '+' || code == '=')
			buf_printf(out, "\\x{%02X}", code);
		else
			buf_byte(out, (char)code);
		s = span_from(s, n == 0 ? 1 : n);
	}
}
