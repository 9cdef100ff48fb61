#include "mime.h"
#include "hex.h"

#include <string.h>

/* One parameter as it stands: name up to "=", value still quoted. */
struct raw_param {
	struct span name, value;
};

static struct span
skip_white(struct span s)
{
	while (s.n > 0 && span_is_space(s.p[0]))
		s = span_from(s, 1);
	return s;
}

/* The length of a quoted string with its quotes; without a second quote it goes to the end. */
static size_t
quoted_length(struct span s)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	return n < s.n ? n + 1 : s.n;
}

/* Skips what is no parameter up to the next ";" outside quotes. */
static struct span
next_semicolon(struct span s)
{
	while (s.n > 0 && s.p[0] != ';')
		s = span_from(s, s.p[0] == '"' ? quoted_length(s) : 1);
	return s;
}

static bool
next_param(struct span *rest, struct raw_param *p)
{
	while ((*rest = next_semicolon(*rest)).n > 0) {
		struct span s = skip_white(span_from(*rest, 1));
		size_t n = 0;

		*rest = s;
		while (n < s.n && !span_is_space(s.p[n]) &&
		       memchr("=;()<>@,\"/[]?", s.p[n], 13) == NULL)
			n++;
		p->name = span_first(s, n);
		s = skip_white(span_from(s, n));
		if (n == 0 || s.n == 0 || s.p[0] != '=')
			continue;
		s = skip_white(span_from(s, 1));
		n = 0;
		if (s.n > 0 && s.p[0] == '"')
			n = quoted_length(s);
		else
			while (n < s.n && s.p[n] != ';' && !span_is_space(s.p[n]))
				n++;
		p->value = span_first(s, n);
		*rest = span_from(s, n);
		return true;
	}
	return false;
}

static struct span
unquoted(struct span v, struct arena *arena)
{
	char *out;
	size_t n = 0;

	if (v.n == 0 || v.p[0] != '"')
		return v;
	v = span_from(v, 1);
	if (v.n > 0 && v.p[v.n - 1] == '"')
		v.n--;
	out = arena_alloc(arena, v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n)
			i++;
		out[n++] = v.p[i];
	}
	return span_of(out, n);
}

static size_t
unpercent(struct span v, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		int hi = v.p[i] == '%' && i + 2 < v.n ? hex_digit(v.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_digit(v.p[i + 2]) : -1;

		out[n++] = lo >= 0 ? (char)(hi << 4 | lo) : v.p[i];
		i += lo >= 0 ? 2 : 0;
	}
	return n;
}

/* RFC 2231 4: charset'language'text. The charset is not converted from. */
static struct span
without_charset(struct span v)
{
	struct span rest, text;

	span_cut(v, '\'', &rest);
	if (rest.n == 0)
		return v;
	span_cut(rest, '\'', &text);
	return text.n > 0 ? text : v;
}

/* RFC 2231 3: name*0, name*1* and so on, joined in the order they come. */
static bool
joined(struct span value, const char *name, struct arena *arena, struct span *out)
{
	char *text = arena_alloc(arena, value.n + 1);
	size_t n = 0, len = strlen(name), pieces = 0;
	struct span rest = value;
	struct raw_param p;

	while (next_param(&rest, &p)) {
		struct span v;
		bool percent;

		if (!span_starts_nocase(p.name, name) || p.name.n <= len || p.name.p[len] != '*')
			continue;
		percent = p.name.p[p.name.n - 1] == '*';
		v = unquoted(p.value, arena);
		if (percent && pieces == 0)
			v = without_charset(v);
		if (percent)
			n += unpercent(v, text + n);
		else if (v.n > 0) {
			memcpy(text + n, v.p, v.n);
			n += v.n;
		}
		pieces++;
	}
	*out = span_of(text, n);
	return pieces > 0;
}

bool
mime_param(struct span value, const char *name, struct arena *arena, struct span *out)
{
	struct span rest = value;
	struct raw_param p;

	*out = span_of(NULL, 0);
	while (next_param(&rest, &p)) {
		if (!span_is_nocase(p.name, name))
			continue;
		*out = unquoted(p.value, arena);
		return true;
	}
	return joined(value, name, arena, out);
}
