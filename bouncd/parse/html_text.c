#include "html_text.h"

#include <string.h>

/* WHATWG HTML 13.5, as far as bounces and letters have them; without "&" and ";". */
static const struct {
	const char *name;
	unsigned code;
} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	{ "nbsp", ' ' }, { "commat", '@' }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 },
	{ "ldquo", 0x201c }, { "rdquo", 0x201d }, { "laquo", 0xab }, { "raquo", 0xbb },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "hellip", 0x2026 }, { "bull", 0x2022 },
	{ "copy", 0xa9 }, { "reg", 0xae }, { "trade", 0x2122 }, { "euro", 0x20ac },
	{ "iexcl", 0xa1 }, { "iquest", 0xbf }, { "deg", 0xb0 }, { "middot", 0xb7 },
	{ "Agrave", 0xc0 }, { "Aacute", 0xc1 }, { "Acirc", 0xc2 }, { "Atilde", 0xc3 },
	{ "Auml", 0xc4 }, { "Aring", 0xc5 }, { "AElig", 0xc6 }, { "Ccedil", 0xc7 },
	{ "Egrave", 0xc8 }, { "Eacute", 0xc9 }, { "Ecirc", 0xca }, { "Euml", 0xcb },
	{ "Igrave", 0xcc }, { "Iacute", 0xcd }, { "Icirc", 0xce }, { "Iuml", 0xcf },
	{ "Ntilde", 0xd1 }, { "Ograve", 0xd2 }, { "Oacute", 0xd3 }, { "Ocirc", 0xd4 },
	{ "Otilde", 0xd5 }, { "Ouml", 0xd6 }, { "Oslash", 0xd8 }, { "Ugrave", 0xd9 },
	{ "Uacute", 0xda }, { "Ucirc", 0xdb }, { "Uuml", 0xdc }, { "szlig", 0xdf },
	{ "agrave", 0xe0 }, { "aacute", 0xe1 }, { "acirc", 0xe2 }, { "atilde", 0xe3 },
	{ "auml", 0xe4 }, { "aring", 0xe5 }, { "aelig", 0xe6 }, { "ccedil", 0xe7 },
	{ "egrave", 0xe8 }, { "eacute", 0xe9 }, { "ecirc", 0xea }, { "euml", 0xeb },
	{ "igrave", 0xec }, { "iacute", 0xed }, { "icirc", 0xee }, { "iuml", 0xef },
	{ "ntilde", 0xf1 }, { "ograve", 0xf2 }, { "oacute", 0xf3 }, { "ocirc", 0xf4 },
	{ "otilde", 0xf5 }, { "ouml", 0xf6 }, { "oslash", 0xf8 }, { "ugrave", 0xf9 },
	{ "uacute", 0xfa }, { "ucirc", 0xfb }, { "uuml", 0xfc } };

enum { ENTITY_MAX = 10, TAG_LOOK = 200 };

static void
put_character(struct buf *out, unsigned c)
{
	if (c == 0xa0)
		c = ' ';
	if (c < 0x20 && c != '\n' && c != '\t')
		c = ' ';
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		buf_byte(out, (char)c);
	} else if (c < 0x800) {
		buf_byte(out, (char)(0xc0 | c >> 6));
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000)
			buf_byte(out, (char)(0xe0 | c >> 12));
		else {
			buf_byte(out, (char)(0xf0 | c >> 18));
			buf_byte(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	}
}

static int
digit(char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#233" or "#xe9" at s; how many bytes, 0: no number. */
static size_t
numbered(struct span s, unsigned *code)
{
	bool hex = s.n > 1 && (s.p[1] | 32) == 'x';
	size_t at = hex ? 2 : 1, start = at;

	*code = 0;
	for (; at < s.n && at < ENTITY_MAX && digit(s.p[at], hex) >= 0; at++)
		*code = *code * (hex ? 16 : 10) + (unsigned)digit(s.p[at], hex);
	return at > start ? at : 0;
}

/* The entity at s, which begins with "&"; its length. */
static size_t
put_entity(struct buf *out, struct span s)
{
	struct span t = span_first(span_from(s, 1), ENTITY_MAX);
	unsigned code;
	size_t n = 0;

	if (t.n > 0 && t.p[0] == '#' && (n = numbered(t, &code)) > 0) {
		put_character(out, code);
		return 1 + n + (n < t.n && t.p[n] == ';');
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		n = strlen(entities[i].name);
		if (n < t.n && t.p[n] == ';' && memcmp(t.p, entities[i].name, n) == 0) {
			put_character(out, entities[i].code);
			return n + 2;
		}
	}
	buf_byte(out, '&');
	return 1;
}

static bool
breaks_line(struct span tag)
{
	static const char *const names[] = { "br", "p", "/p", "div", "/div", "tr", "/tr", "li",
		"/td", "/th", "table", "pre", "/pre", "h1", "h2", "h3", "h4", "/h1", "/h2", "/h3",
		"/h4", "hr", "/b>", "dt", "dd", "blockquote", "/title" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_starts_nocase(tag, names[i]))
			return true;
	return false;
}

/* Behind the element or comment that begins at s; one that never ends takes the rest. */
static struct span
skip_to(struct span s, const char *end)
{
	ptrdiff_t at = span_find_nocase(s, end);

	return at < 0 ? span_of(NULL, 0) : span_from(s, (size_t)at);
}

/* Behind the tag that begins at s, style and script with what is in them. */
static struct span
skip_tag(struct span s)
{
	ptrdiff_t end;

	if (span_starts_nocase(s, "<style"))
		s = skip_to(s, "</style");
	else if (span_starts_nocase(s, "<script"))
		s = skip_to(s, "</script");
	else if (span_starts(s, "<!--"))
		s = skip_to(s, "-->");
	end = span_find(s, '>');
	return end < 0 ? span_of(NULL, 0) : span_from(s, (size_t)end + 1);
}

/* A tag, and not a "<user@example.com>" somebody forgot to escape. */
static bool
is_tag(struct span s)
{
	struct span t = span_first(span_from(s, 1), TAG_LOOK);
	ptrdiff_t end = span_find(t, '>');

	if (t.n == 0 || !((t.p[0] | 32) >= 'a' && (t.p[0] | 32) <= 'z'))
		return t.n > 0 && (t.p[0] == '/' || t.p[0] == '!' || t.p[0] == '?');
	return end < 0 || span_find(span_first(t, (size_t)end), '@') < 0 ||
	       span_find(span_first(t, (size_t)end), ' ') >= 0;
}

void
html_text(struct buf *out, struct span s)
{
	while (s.n > 0 && !out->over) {
		if (s.p[0] == '<' && is_tag(s)) {
			if (breaks_line(span_from(s, 1)))
				buf_byte(out, '\n');
			s = skip_tag(s);
		} else if (s.p[0] == '&') {
			s = span_from(s, put_entity(out, s));
		} else {
			buf_byte(out, s.p[0]);
			s = span_from(s, 1);
		}
	}
}
