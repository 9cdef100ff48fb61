#include "flat.h"

#include <stdlib.h>

/* s begins behind the opening quote: the inside, *rest behind the closing one. */
static bool
string_take(struct span s, struct span *inside, struct span *rest)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"') {
			*inside = span_first(s, i);
			*rest = span_from(s, i + 1);
			return true;
		}
	}
	return false;
}

static bool
value_take(struct span s, struct span *value, struct span *rest)
{
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '"')
		return string_take(span_from(s, 1), value, rest);
	while (n < s.n && s.p[n] != ',' && s.p[n] != '}')
		n++;
	*value = span_first(s, n);
	*rest = span_from(s, n);
	return n > 0;
}

bool
flat_next(struct span *rest, struct span *key, struct span *value)
{
	struct span s = *rest;

	while (s.n > 0 && (s.p[0] == '{' || s.p[0] == ',' || s.p[0] == ' '))
		s = span_from(s, 1);
	if (s.n == 0 || s.p[0] != '"' || !string_take(span_from(s, 1), key, &s))
		return false;
	if (s.n == 0 || s.p[0] != ':')
		return false;
	return value_take(span_from(s, 1), value, rest);
}

struct span
flat_get(struct span line, const char *key)
{
	struct span k, v;

	while (flat_next(&line, &k, &v))
		if (span_is(k, key))
			return v;
	return span_of(NULL, 0);
}

static unsigned
hex4(struct span s)
{
	char text[5] = { 0 };

	for (unsigned i = 0; i < 4 && i < s.n; i++)
		text[i] = s.p[i];
	return (unsigned)strtoul(text, NULL, 16);
}

/* Our own writer escapes only control bytes so: they are one byte in UTF-8 too. */
static size_t
escape_put(struct span s, struct buf *out)
{
	if (s.p[0] == 'u' && s.n >= 5) {
		buf_byte(out, (char)hex4(span_from(s, 1)));
		return 5;
	}
	buf_byte(out, s.p[0] == 'n' ? '\n' : s.p[0] == 't' ? '\t' : s.p[0]);
	return 1;
}

void
flat_unescape(struct span raw, struct buf *out)
{
	while (raw.n > 0) {
		size_t n = 1;

		if (raw.p[0] != '\\' || raw.n == 1)
			buf_byte(out, raw.p[0]);
		else
			n += escape_put(span_from(raw, 1), out);
		raw = span_from(raw, n);
	}
}
