#include "utf8.h"

bool
utf8_any_8bit(struct span s)
{
	unsigned char seen = 0;

	for (size_t i = 0; i < s.n; i++)
		seen |= (unsigned char)s.p[i];
	return (seen & 0x80) != 0;
}

/* Bytes that a first byte announces, and its own bits; 0: it begins nothing. */
static size_t
announced(unsigned char c, uint32_t *bits)
{
	if (c < 0x80) {
		*bits = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*bits = c & 0x1fu;
		return 2;
	}
	if ((c & 0xf0) == 0xe0) {
		*bits = c & 0x0fu;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*bits = c & 0x07u;
		return 4;
	}
	return 0;
}

size_t
utf8_next(struct span s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s.n == 0 ? 0 : announced((unsigned char)s.p[0], code);

	if (n == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (c & 0x3fu);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

bool
utf8_is(struct span s)
{
	uint32_t code;
	size_t n;

	for (; s.n > 0; s = span_from(s, n)) {
		n = utf8_next(s, &code);
		if (n == 0)
			return false;
	}
	return true;
}

size_t
utf8_put(uint32_t code, char out[4])
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(first[n] | code);
	return n;
}

bool
utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

size_t
utf8_shown(struct span s)
{
	size_t at = 0;

	while (at < s.n) {
		uint32_t code = (unsigned char)s.p[at];
		size_t n = code >= ' ' && code < 0x7f ? 1 : utf8_next(span_from(s, at), &code);

		if (n == 0 || utf8_is_control(code))
			break;
		at += n;
	}
	return at;
}
